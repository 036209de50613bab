"use strict";
// <ht-pick>: a field that offers what there is to choose, by keyboard, mouse and touch. Inside it stands a plain field, which is what is
// posted: <input> or <textarea> with suggestions from `src` (anything else may be typed too), or a <select> whose options are searched.
// Selects marked data-searchable get the element around them by themselves.

const words = (name) => document.querySelector("meta[name=ht-words]")?.dataset[name] || "";
let picks = 0;

class Pick extends HTMLElement {
  connectedCallback() {
    if (this.isReady) return;
    // While the page is being read the field inside is not there yet.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.begin(), { once: true });
    else this.begin();
  }

  begin() {
    this.field = this.querySelector("select, textarea, input");
    if (this.isReady || !this.field) return;
    this.isReady = true;
    this.select = this.field.matches("select") ? this.field : null;
    this.isMany = !!this.select?.multiple;
    this.entry = this.select ? this.searching() : this.field;
    this.active = -1;
    this.number = picks += 1;
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: `ht-pick-${this.number}`, className: "ht-pick-list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": this.list.id }))
      this.entry.setAttribute(name, value);
    this.entry.autocomplete = "off";
    this.entry.addEventListener("input", (event) => {
      if (this.select) event.stopPropagation();
      this.isTyped = true;
      this.isAwaited = false;
      this.querySelector(".ht-pick-said")?.remove(); // it was of what stood here before
      this.open();
    });
    this.entry.addEventListener("change", (event) => (this.select ? event.stopPropagation() : this.check()));
    this.entry.addEventListener("focus", () => this.select && this.entry.select());
    this.entry.addEventListener("click", () => this.open());
    this.entry.addEventListener("keydown", (event) => this.key(event));
    this.entry.addEventListener("blur", () => this.leave());
    // Before the blur, so that choosing by mouse or finger does not first close the list.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
    this.list.addEventListener("mousemove", (event) => this.point([...this.options()].indexOf(event.target.closest("[role=option]"))));
  }

  // -- a select: its options, searched by an entry in its place

  searching() {
    const entry = document.createElement("input");
    entry.type = "text";
    entry.className = this.select.className;
    entry.id = this.select.id ? `${this.select.id}-search` : "";
    const label = this.select.id && document.querySelector(`label[for="${CSS.escape(this.select.id)}"]`);
    if (label) label.htmlFor = entry.id;
    const said = this.select.getAttribute("aria-label");
    if (said) entry.setAttribute("aria-label", said);
    this.select.classList.add("ht-hidden");
    this.select.tabIndex = -1;
    this.isRequired = this.select.required;
    this.select.required = false; // a browser cannot point to what it does not show
    this.select.addEventListener("change", () => this.show());
    this.closest("form")?.addEventListener("reset", () => setTimeout(() => this.show()));
    if (this.isMany) {
      this.chips = document.createElement("span");
      this.chips.className = "ht-pick-chips";
      this.chips.addEventListener("click", (event) => this.drop(event.target.closest("button")));
      this.append(this.chips);
    }
    this.append(entry);
    this.entry = entry;
    this.show();
    return entry;
  }

  show() {
    if (!this.select) return;
    const chosen = [...this.select.selectedOptions].filter((option) => option.value !== "");
    const empty = [...this.select.options].find((option) => option.value === "");
    const saysNothing = !empty || /^-*$/.test(empty.text.trim());
    this.entry.placeholder = saysNothing ? words("search") : empty.text.trim();
    this.entry.value = this.isMany || !chosen.length ? "" : chosen[0].text.trim();
    if (!this.isMany) return;
    this.chips.replaceChildren(...chosen.map((option) => {
      const chip = document.createElement("span");
      chip.className = "ht-chip";
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: "×", value: option.value, className: "ht-pick-drop" });
      button.setAttribute("aria-label", `${words("remove")} ${option.text.trim()}`);
      chip.append(option.text.trim(), button);
      return chip;
    }));
  }

  drop(button) {
    const option = button && [...this.select.options].find((one) => one.value === button.value);
    if (!option) return;
    option.selected = false;
    this.changed();
    this.entry.focus();
  }

  changed() {
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // -- what is offered

  term() {
    if (this.select) return this.entry.value === [...this.select.selectedOptions].map((option) => option.text.trim()).join() ? "" : this.entry.value.trim();
    if (!this.field.matches("textarea")) return this.field.value.trim();
    const { value, selectionStart } = this.field;
    return value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1).split("\n")[0].trim();
  }

  about() {
    const around = this.closest(".ht-filter, [data-part], form") || document;
    const wider = this.closest("[data-part], form") || document;
    const found = {};
    for (const name of (this.getAttribute("about") || "").split(" ").filter(Boolean)) {
      const [theirs, ours] = name.split(":");
      const ends = `[name$="-${theirs}"], [name="${theirs}"]`;
      const field = around.querySelector(ends) || wider.querySelector(ends);
      if (field) found[ours || theirs] = field.value;
    }
    return found;
  }

  open() {
    if (this.select) return this.offer(this.searched());
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.fetch(), this.list.hidden ? 0 : 150);
  }

  // An answer to what was typed is still to come.
  isAsked() {
    return !!(this.waiting || this.asking);
  }

  searched() {
    const term = this.term().toLowerCase();
    const found = [];
    for (const option of this.select.options) {
      if (this.isMany && option.selected) continue;
      if (option.value === "" && (term || this.isRequired || this.select.hasAttribute("data-menu"))) continue;
      const group = option.parentElement.label || "";
      const detail = option.dataset.help || "";
      if (!term || `${option.text} ${detail} ${group}`.toLowerCase().includes(term)) found.push({ value: option.value, label: option.text.trim(), detail, group });
    }
    return found.slice(0, 200);
  }

  async fetch() {
    this.waiting = null;
    this.asking?.abort();
    this.asking = new AbortController();
    const query = new URLSearchParams({ q: this.isTyped ? this.term() : "", ...this.about() });
    try {
      const answer = await fetch(`${this.getAttribute("src")}?${query}`, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (answer.ok && document.activeElement === this.entry) this.offer((await answer.json()).found);
      this.asking = null;
      if (this.isAwaited) this.takeTheOnly();
    } catch (problem) {
      if (problem.name !== "AbortError") this.close();
    }
  }

  // Enter on what was typed means the one thing that fits it; where several fit, or none, the text stays as it was typed.
  takeTheOnly() {
    this.isAwaited = false;
    const options = this.options();
    if (!this.list.hidden && options.length === 1 && options[0].dataset.value !== this.field.value.trim()) this.choose(options[0]);
    else {
      this.close();
      this.check();
    }
  }

  // What was never seen may be meant all the same; whoever mistyped is told.
  async check() {
    const text = this.getAttribute("unseen");
    const value = this.field.value.trim();
    if (!text) return;
    this.warning?.remove();
    this.warning = null;
    if (!value) return;
    try {
      const query = new URLSearchParams({ q: value, ...this.about() });
      const answer = await fetch(`${this.getAttribute("src")}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || this.field.value.trim() !== value) return;
      if ((await answer.json()).found.some((one) => one.value === value && one.detail)) return; // the detail is how often it came
    } catch {
      return;
    }
    this.warning?.remove();
    this.warning = this.piece("ht-pick-warning", text);
    this.warning.setAttribute("role", "status");
    this.append(this.warning);
  }

  offer(found) {
    let group = "";
    const lines = [];
    found.forEach((one, place) => {
      if (one.group && one.group !== group) {
        const head = document.createElement("li");
        Object.assign(head, { className: "ht-pick-group", textContent: one.group });
        head.setAttribute("role", "presentation");
        lines.push(head);
      }
      group = one.group || "";
      const line = document.createElement("li");
      line.id = `${this.list.id}-${place}`;
      line.dataset.value = one.value;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.append(this.piece("ht-pick-value", this.select ? one.label || "–" : one.value));
      if (!this.select && one.label) line.append(this.piece("ht-pick-label", one.label));
      if (one.detail) line.append(this.piece(this.select ? "ht-pick-help" : "ht-pick-detail", one.detail));
      lines.push(line);
    });
    if (!lines.length) {
      const none = document.createElement("li");
      Object.assign(none, { className: "ht-pick-none", textContent: this.select ? words("nothing") : words("free") });
      none.setAttribute("role", "presentation");
      lines.push(none);
    }
    this.list.replaceChildren(...lines);
    this.list.hidden = false;
    this.entry.setAttribute("aria-expanded", "true");
    this.list.style.left = "0";
    const beyond = this.list.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (beyond > 0) this.list.style.left = `${-beyond}px`;
    this.point(this.select && this.term() && found.length ? 0 : -1);
  }

  piece(name, text) {
    const span = document.createElement("span");
    Object.assign(span, { className: name, textContent: text });
    return span;
  }

  options() {
    return this.list.querySelectorAll("[role=option]");
  }

  point(place) {
    const options = this.options();
    this.active = place;
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === place)));
    if (place < 0 || !options[place]) return this.entry.removeAttribute("aria-activedescendant");
    this.entry.setAttribute("aria-activedescendant", options[place].id);
    options[place].scrollIntoView({ block: "nearest" });
  }

  close() {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.asking?.abort();
    this.asking = null;
    this.list.hidden = true;
    this.active = -1;
    this.entry.setAttribute("aria-expanded", "false");
    this.entry.removeAttribute("aria-activedescendant");
  }

  leave() {
    this.close();
    this.isTyped = false;
    this.show();
  }

  key(event) {
    const { key } = event;
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const isOpen = !this.list.hidden;
    const last = this.options().length - 1;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (!isOpen) this.open();
      else if (last >= 0) this.point(key === "ArrowDown" ? (this.active >= last ? 0 : this.active + 1) : this.active <= 0 ? last : this.active - 1);
    } else if (key === "Enter" && isOpen && this.active >= 0) this.choose(this.options()[this.active]);
    else if (key === "Enter" && this.select) this.open();
    else if (key === "Enter" && this.isTyped && this.field.matches("input") && (isOpen || this.isAsked())) {
      this.isAwaited = this.isAsked();
      if (!this.isAwaited) this.takeTheOnly();
    }
    else if (key === "Escape" && isOpen) this.close();
    else if (key === "Backspace" && this.isMany && !this.entry.value) return this.drop([...this.chips.querySelectorAll("button")].pop());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(line) {
    if (!line) return;
    const { value } = line.dataset;
    const name = line.querySelector(".ht-pick-label")?.textContent || "";
    this.close();
    if (this.select) {
      const option = [...this.select.options].find((one) => one.value === value);
      if (this.isMany) option.selected = true;
      else this.select.value = value;
      this.entry.value = "";
      this.show();
      this.changed();
      return;
    }
    if (this.field.matches("textarea")) {
      const { value: text, selectionStart } = this.field;
      const begin = text.lastIndexOf("\n", selectionStart - 1) + 1;
      const end = text.indexOf("\n", selectionStart) < 0 ? text.length : text.indexOf("\n", selectionStart);
      this.field.value = text.slice(0, begin) + value + text.slice(end);
    } else this.field.value = value;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    if (name && this.field.matches("input")) this.append(this.piece("ht-pick-said", name));
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
    this.leave();
  }
}
customElements.define("ht-pick", Pick);

// <ht-filters>: rows of property, comparison, value. Blank ones are put away until somebody asks for one.
class Filters extends HTMLElement {
  connectedCallback() {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.begin(), { once: true });
    else this.begin();
  }

  begin() {
    if (this.more || !this.rows().length) return;
    this.more = document.createElement("button");
    Object.assign(this.more, { type: "button", className: "ht-button ht-button-small", textContent: `+ ${this.getAttribute("add")}` });
    this.more.addEventListener("click", () => this.reveal());
    this.append(this.more);
    for (const row of this.rows()) {
      const drop = document.createElement("button");
      Object.assign(drop, { type: "button", className: "ht-button ht-button-bare ht-filter-drop", textContent: "×" });
      drop.setAttribute("aria-label", words("remove"));
      drop.addEventListener("click", () => this.putAway(row, true));
      row.append(drop);
      row.querySelector("select").addEventListener("change", () => this.fit(row));
      if (this.isBlank(row)) this.putAway(row, false);
      this.fit(row);
    }
    this.count();
  }

  rows() {
    return [...this.querySelectorAll(".ht-filter")];
  }

  fields(row) {
    return ["property", "op", "value"].map((name) => row.querySelector(`[name$="-${name}"]`));
  }

  isBlank(row) {
    return !this.fields(row)[0].value.trim();
  }

  fit(row) {
    const [, op, value] = this.fields(row);
    (value.closest("ht-pick") || value).classList.toggle("ht-hidden", ["exists", "not_exists"].includes(op.value));
  }

  putAway(row, isAsked) {
    const [property, , value] = this.fields(row);
    property.value = value.value = "";
    row.classList.add("ht-hidden");
    this.count();
    if (!isAsked) return;
    property.dispatchEvent(new Event("change", { bubbles: true }));
    this.more.focus();
  }

  reveal() {
    const row = this.rows().find((one) => one.classList.contains("ht-hidden"));
    row.classList.remove("ht-hidden");
    this.count();
    this.fields(row)[0].focus();
  }

  count() {
    this.more.classList.toggle("ht-hidden", !this.rows().some((row) => row.classList.contains("ht-hidden")));
  }
}
customElements.define("ht-filters", Filters);

function search(root) {
  for (const select of root.querySelectorAll("select[data-searchable]:not(ht-pick select)")) {
    const pick = document.createElement("ht-pick");
    const frame = select.parentElement.matches(".max-w-2xl") ? select.parentElement : select; // the theme's arrow has no place over a list
    frame.replaceWith(pick);
    pick.append(select);
    pick.begin();
  }
}
document.addEventListener("DOMContentLoaded", () => search(document));
document.addEventListener("ht:added", (event) => search(event.detail));
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll && search(event.detail.elt));
