"use strict";
// The till's camera: where the browser can read codes (BarcodeDetector), a QR code fills the field
// and looks it up. Everywhere else a photo is read by the server, or the code is typed.

const form = document.querySelector("[data-till]");
if (form && "BarcodeDetector" in window) {
  const detector = new window.BarcodeDetector({ formats: ["qr_code", "code_128"] });
  const told = form.querySelector("[data-told]");
  const video = form.querySelector("[data-video]");
  form.querySelector("[data-camera]").hidden = false;

  const use = (code) => {
    form.elements.code.value = code;
    form.requestSubmit();
  };
  const stop = () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    video.hidden = true;
  };
  const look = async () => {
    if (!video.srcObject) return;
    const [code] = await detector.detect(video).catch(() => []);
    if (code) {
      stop();
      return use(code.rawValue);
    }
    window.setTimeout(look, 200);
  };

  form.querySelector("[data-scan]").addEventListener("click", async () => {
    if (video.srcObject) return stop();
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (error) {
      told.textContent = error.message;
      return;
    }
    video.hidden = false;
    await video.play();
    look();
  });
}

// A photo is read by the browser where it can, else by the server, as soon as it is chosen.
const photo = document.querySelector("[data-till-photo]");
photo?.elements.photo.addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  if (form && "BarcodeDetector" in window) {
    try {
      const detector = new window.BarcodeDetector({ formats: ["qr_code", "code_128"] });
      const [code] = await detector.detect(await createImageBitmap(file));
      if (code) {
        form.elements.code.value = code.rawValue;
        return form.requestSubmit();
      }
    } catch {
      // the server reads it
    }
  }
  photo.requestSubmit();
});
