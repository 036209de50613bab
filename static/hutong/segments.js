"use strict";
// The rule of a segment while somebody writes it: parts are added, moved, copied and removed; counts follow every change.
// A part is an element [data-part=id] that begins with a hidden field "id|id of its group|key"; the order of the page is the order of the rule.

const KEPT = "hutong-rule-part"; // where no clipboard can be read (plain http), the last copied part is kept here

class Rule {
  constructor(element) {
    Object.assign(this, { element, form: element.closest("form"), answer: element.querySelector("[data-answer]"), toast: element.querySelector("[data-toast]") });
    this.root = element.querySelector("[data-part]");
    this.touched = new Set();
    this.form.noValidate = true; // the server's words stand next to the fields, also next to those that are put away
    if (element.querySelector(".ht-error")) for (const field of element.querySelectorAll("[name]")) this.touched.add(field.name); // was not saved
    this.hasEstimates = true;
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("change", (event) => this.change(event));
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("focusout", (event) => this.touch(event.target));
    this.form.addEventListener("input", () => this.count(400));
    this.form.addEventListener("change", () => this.count(50));
    document.addEventListener("click", (event) => this.closeMenus(event.target));
    document.addEventListener("copy", (event) => this.onCopy(event));
    document.addEventListener("paste", (event) => this.onPaste(event));
    if (this.root.querySelector("[data-part]")) this.count(0);
    this.fit();
  }

  word(name) {
    return this.element.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`];
  }

  // -- where things stand

  part(element) {
    return element.closest("[data-part]");
  }

  group(part) {
    return part.parentElement.closest("[data-part]");
  }

  inside(group) {
    return [...group.querySelectorAll("[data-parts]")].find((parts) => this.part(parts) === group);
  }

  place(part, group, before) {
    this.inside(group).insertBefore(part, before);
    const field = part.querySelector("input[name=part]");
    const [id, , key] = field.value.split("|");
    field.value = `${id}|${group.dataset.part}|${key}`;
  }

  // -- what is clicked, chosen and typed

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { do: act, begin, addGroup, pasteInto } = button.dataset;
    button.closest("details")?.removeAttribute("open");
    if (act) this.act(act, this.part(button));
    else if (begin) this.add(`${this.element.dataset.start}?key=${begin}`, this.root);
    else if (addGroup) this.add(`${this.element.dataset.group}?parent=${addGroup}`, this.part(button));
    else if (pasteInto) this.paste(this.part(button));
  }

  change(event) {
    const { target } = event;
    if (target.dataset.add && target.value) {
      event.stopPropagation();
      this.add(`${this.element.dataset.condition}?parent=${target.dataset.add}&key=${target.value}`, this.part(target));
      target.value = "";
      target.closest("ht-pick")?.show();
    } else if ("op" in target.dataset) {
      const group = this.part(target);
      group.classList.remove("ht-rule-all", "ht-rule-any", "ht-rule-none");
      group.classList.add(`ht-rule-${target.value}`);
    } else this.touch(target);
  }

  touch(field) {
    if (field.name && this.part(field)) this.touched.add(field.name);
  }

  closeMenus(except) {
    for (const menu of this.element.querySelectorAll("details[open]")) if (!menu.contains(except)) menu.open = false;
  }

  key(event) {
    const menu = event.target.closest("details[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    // Enter ends what is typed into a condition; it saves nothing half-made.
    if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) event.preventDefault();
    const part = this.part(event.target);
    const way = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "into" }[event.key];
    if (!event.altKey || !event.shiftKey || !way || !part || part === this.root) return;
    event.preventDefault();
    this.act(way, part);
  }

  act(name, part) {
    const group = part === this.root ? null : this.group(part);
    const neighbours = group ? [...this.inside(group).children] : [];
    const at = neighbours.indexOf(part);
    if (name === "up" && at > 0) this.move(part, group, neighbours[at - 1]);
    else if (name === "down" && at < neighbours.length - 1) this.move(part, group, neighbours[at + 2] || null);
    else if (name === "out" && group !== this.root) this.move(part, this.group(group), group.nextElementSibling);
    else if (name === "into" && this.nearest(part)) this.move(part, this.nearest(part), null);
    else if (name === "wrap") this.wrap(part, group);
    else if (name === "copy") this.copy(part);
    else if (name === "duplicate") this.duplicate(part, group);
    else if (name === "remove") this.remove([part], group, neighbours[at + 1] || null);
    else if (name === "clear") this.remove([...this.inside(part).children], part, null);
  }

  move(part, group, before) {
    const focused = document.activeElement;
    this.place(part, group, before);
    (part.contains(focused) ? focused : part).focus();
    part.scrollIntoView({ block: "nearest" });
    this.changed();
  }

  nearest(part) {
    const isGroup = (one) => "isGroup" in one.dataset;
    const neighbours = [...part.parentElement.children];
    const at = neighbours.indexOf(part);
    return neighbours.slice(0, at).reverse().find(isGroup) || neighbours.slice(at + 1).find(isGroup);
  }

  // Buttons that could do nothing where a part stands are switched off.
  fit() {
    for (const part of this.root.querySelectorAll("[data-part]")) {
      const can = { up: part.previousElementSibling, down: part.nextElementSibling, into: this.nearest(part), out: this.group(part) !== this.root };
      for (const [act, does] of Object.entries(can))
        for (const button of part.querySelectorAll(`[data-do=${act}]`)) if (this.part(button) === part) button.disabled = !does;
    }
  }

  async wrap(part, group) {
    const made = await this.fetched(`${this.element.dataset.group}?parent=${group.dataset.part}`);
    if (!made) return;
    const [box] = this.built(made);
    this.place(box, group, part);
    this.move(part, box, null);
  }

  remove(parts, group, next) {
    const places = parts.map((part) => [part, part.nextElementSibling]);
    for (const part of parts) part.remove();
    this.changed();
    this.say(this.word("removed"), this.word("undo"), () => {
      for (const [part, before] of places.reverse()) this.place(part, group, before?.isConnected ? before : null);
      this.changed();
      parts[0].focus();
    });
    (next || this.inside(group).lastElementChild || group.querySelector("[data-menu], [role=combobox]"))?.focus();
  }

  // -- new parts

  async add(url, group) {
    const made = await this.fetched(url);
    if (!made) return;
    const parts = this.built(made);
    for (const part of parts) this.place(part, group, null);
    this.settle(parts[0]);
  }

  built(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    return [...box.content.children];
  }

  settle(part) {
    this.changed();
    document.dispatchEvent(new CustomEvent("ht:added", { detail: this.root }));
    const field = part.querySelector(".ht-fields :is(input, select, textarea):not([type=hidden], .ht-hidden)");
    (field || part).focus();
    part.scrollIntoView({ block: "nearest" });
    if (field && !field.value) field.closest("ht-pick")?.open();
  }

  changed() {
    this.element.querySelector("[data-starts]")?.classList.toggle("ht-hidden", !!this.inside(this.root).children.length);
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
    showWhatMatters(this.form);
    this.fit();
  }

  // -- copy and paste, as JSON text

  async text(part) {
    const body = new FormData(this.form);
    return this.fetched(`${this.element.dataset.copying}?part=${part.dataset.part}`, body);
  }

  async copy(part) {
    const text = await this.text(part);
    if (!text) return;
    localStorage.setItem(KEPT, text);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Kept for our own pages, see KEPT.
    }
    this.say(this.word("copied"));
  }

  async paste(group) {
    let text = "";
    try {
      text = (await navigator.clipboard.readText()).trim();
    } catch {
      // Not allowed to read it.
    }
    this.insert(text.startsWith("{") ? text : localStorage.getItem(KEPT), group, null);
  }

  async duplicate(part, group) {
    this.insert(await this.text(part), group, part.nextElementSibling, "");
  }

  async insert(text, group, before, said = this.word("pasted")) {
    if (!text) return this.say(this.word("nothing"));
    const body = new FormData();
    body.set("json", text);
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    const made = await this.fetched(`${this.element.dataset.paste}?parent=${group.dataset.part}`, body);
    if (!made) return;
    const [part] = this.built(made);
    this.place(part, group, before);
    this.settle(part);
    if (said) this.say(said);
  }

  isTyping(event) {
    return event.target.closest?.("input:not([type=hidden]), textarea, select") || !window.getSelection().isCollapsed;
  }

  onCopy(event) {
    const part = document.activeElement && this.element.contains(document.activeElement) && this.part(document.activeElement);
    if (!part || this.isTyping(event)) return;
    event.preventDefault();
    this.copy(part);
  }

  onPaste(event) {
    const at = document.activeElement && this.element.contains(document.activeElement) && this.part(document.activeElement);
    const text = event.clipboardData?.getData("text/plain").trim() || "";
    if (!at || this.isTyping(event) || !text.startsWith("{")) return;
    event.preventDefault();
    if ("isGroup" in at.dataset) this.insert(text, at, null);
    else this.insert(text, this.group(at), at.nextElementSibling);
  }

  // -- what is said

  async fetched(url, body) {
    try {
      const answer = await fetch(url, { method: body ? "POST" : "GET", body });
      const text = await answer.text();
      if (answer.ok) return text;
      this.say(answer.status === 400 && text.length < 300 ? text : this.word("trouble"));
    } catch {
      this.say(this.word("trouble"));
    }
    return null;
  }

  say(text, label, act) {
    clearTimeout(this.saying);
    this.toast.replaceChildren(text || "");
    if (label) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "ht-link", textContent: label });
      button.addEventListener("click", () => {
        this.toast.classList.add("ht-hidden");
        act();
      });
      this.toast.append(" ", button);
    }
    this.toast.classList.remove("ht-hidden");
    this.saying = setTimeout(() => this.toast.classList.add("ht-hidden"), label ? 12000 : 5000);
  }

  // -- counts: an estimate at once, then the exact number; what is superseded is given up

  count(wait) {
    clearTimeout(this.waiting);
    this.asking?.abort();
    this.waiting = setTimeout(() => this.ask(), wait);
    this.answer.classList.add("ht-waiting");
  }

  async ask() {
    if (this.element.classList.contains("ht-hidden")) return;
    const { signal } = (this.asking = new AbortController());
    try {
      if (this.hasEstimates) {
        const quick = await this.asked("?quick=1", signal);
        this.hasEstimates = "html" in quick;
        if (this.hasEstimates) this.show(quick, false);
      }
      const exact = await this.asked("", signal);
      if (exact) this.show(exact, true);
    } catch (problem) {
      if (problem.name !== "AbortError") this.answer.textContent = this.word("trouble");
    }
  }

  async asked(query, signal) {
    const answer = await fetch(this.element.dataset.preview + query, { method: "POST", body: new FormData(this.form), signal });
    if (answer.status === 204) return {};
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  show(told, isLast) {
    if (!told.html) return;
    this.answer.innerHTML = told.html;
    this.answer.classList.toggle("ht-waiting", !isLast);
    if (isLast) this.element.querySelector("[data-said]").textContent = this.answer.querySelector(".ht-row")?.textContent || "";
    for (const part of this.element.querySelectorAll("[data-part]")) {
      const counted = told.counts[part.dataset.part];
      const badge = [...part.querySelectorAll("[data-count]")].find((one) => this.part(one) === part);
      badge.textContent = counted ? `${counted.is_exact ? "" : "≈ "}${counted.text}${counted.share && ` · ${counted.share}`}` : "";
      badge.dataset.value = counted ? counted.n : "";
      badge.classList.toggle("ht-part-count-rough", !!counted && !counted.is_exact);
      this.tell(part, told.problems[part.dataset.part] || {});
    }
  }

  tell(part, problems) {
    const own = (selector) => [...part.querySelectorAll(selector)].filter((one) => this.part(one) === part);
    for (const old of own(".ht-error")) old.remove();
    let isBad = false;
    for (const [name, messages] of Object.entries(problems)) {
      const place = name ? own(`[data-field="${name}"]`)[0] : own("[data-problem]")[0];
      const fields = name ? own(`[name^="${part.dataset.part}-${name}"]`) : own("input:not([type=hidden]), select, textarea");
      // Whoever has just added a condition is not told off for what they have not come to yet.
      const isNews = !fields.some((field) => this.touched.has(field.name));
      if (!place || (isNews && fields.length)) continue;
      isBad = true;
      place.append(...messages.map((text) => Object.assign(document.createElement("div"), { className: "ht-error", textContent: text })));
    }
    if (!("isGroup" in part.dataset)) part.classList.toggle("ht-rule-leaf-bad", isBad);
  }
}

// A chosen file belongs to a form of its own: whoever saves the page instead is told so, and nothing is lost.
function guardFile(form) {
  const file = form.querySelector("input[type=file]");
  const note = form.querySelector("[data-unsent]");
  file.addEventListener("change", () => { note.hidden = true; });
  document.getElementById("segment_form")?.addEventListener("submit", (event) => {
    if (!file.files.length) return;
    event.preventDefault();
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
  });
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-rule]").forEach((element) => new Rule(element));
  document.querySelectorAll("[data-file-form]").forEach(guardFile);
});
