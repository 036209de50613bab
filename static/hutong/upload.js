"use strict";
// A form with a file (data-upload: the kind of work it is for) sends it in parts first, each with its
// digest, and then itself with the file's id. What was cut goes on where it was: which parts are there
// is asked. Without scripts the form sends the file itself.

const MEMORY = "hutong upload ";

async function ask(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  if (!answer.ok || answer.redirected) {
    const said = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(said.detail || ""), { status: answer.status });
  }
  return answer.json();
}

async function digestOf(part) {
  // Only where the page came over https (or from this machine); else the server's size check stands alone.
  if (!window.crypto || !crypto.subtle) return "";
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function begun(form, file, token) {
  const key = MEMORY + [form.dataset.upload, file.name, file.size, file.lastModified].join(" ");
  const known = sessionStorage.getItem(key);
  if (known) {
    try {
      return await ask(`${form.dataset.uploadTo}${known}/`);
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  const said = new FormData();
  for (const [name, value] of Object.entries({ kind: form.dataset.upload, name: file.name, size: file.size, type: file.type })) said.set(name, value);
  const upload = await ask(form.dataset.uploadTo, { method: "POST", body: said, headers: { "X-CSRFToken": token } });
  sessionStorage.setItem(key, upload.id);
  return upload;
}

async function send(form, file, told) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const upload = await begun(form, file, token);
  const there = new Map(upload.parts.map((part) => [part.number, part.digest]));
  const parts = Math.ceil(file.size / upload.part_bytes);
  for (let number = 1; number <= parts; number++) {
    const part = file.slice((number - 1) * upload.part_bytes, number * upload.part_bytes);
    const digest = await digestOf(part);
    if (!there.has(number) || (digest && there.get(number) !== digest))
      await ask(`${form.dataset.uploadTo}${upload.id}/${number}/`, {
        method: "PUT",
        body: part,
        headers: { "X-CSRFToken": token, "X-Part-Digest": digest, "Content-Type": "application/octet-stream" },
      });
    told(number, parts);
  }
  return upload.id;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const input = form.dataset.upload && form.querySelector("input[type=file]");
  if (!input || !input.files.length || event.defaultPrevented) return;
  event.preventDefault();
  const [bar, failed, button] = ["[data-upload-bar]", "[data-upload-failed]", "[type=submit]"].map((one) => form.querySelector(one));
  failed.hidden = true;
  bar.hidden = false;
  button.disabled = true;
  try {
    const id = await send(form, input.files[0], (number, parts) => {
      bar.querySelector("progress").value = (100 * number) / parts;
      bar.querySelector("[role=status]").textContent = `${number} / ${parts}`;
    });
    form.querySelector(`[name$="upload"]`).value = id;
    input.disabled = true;
    form.submit();
  } catch (error) {
    failed.textContent = error.message || failed.dataset.uploadFailed;
    failed.hidden = false;
    bar.hidden = true;
    button.disabled = false;
  }
});
