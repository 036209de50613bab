"use strict";
// Small manners of our pages; without JavaScript every page still reads and every button still works.

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// The pickers of the admin say "change" to jQuery alone; who listens on the form hears it too.
window.addEventListener("load", () => {
  window.django?.jQuery?.(document).on("select2:select select2:unselect select2:clear", (event) => {
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
});

document.addEventListener("click", async (event) => {
  const remove = event.target.closest("[data-remove]");
  if (remove) {
    const form = remove.closest("form");
    remove.closest(remove.dataset.remove).remove();
    form?.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  const insert = event.target.closest("[data-insert]");
  if (insert) {
    const into = document.getElementById(insert.dataset.insertInto);
    into.value = insert.dataset.insert;
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
    return;
  }
  if (event.target.closest("[data-print]")) return window.print();
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  const text = document.querySelector(copy.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No clipboard over plain http: select the text, so that the keyboard can copy it.
    window.getSelection().selectAllChildren(document.querySelector(copy.dataset.copy));
    return;
  }
  copy.querySelector("[data-copied]")?.classList.remove("ht-hidden");
});

// Fields that only matter for one choice: data-shown-if="name=value|value" on a wrapper; != for all others, several rules joined by ";".
// A choice that does not matter itself makes nothing else matter.
function matters(root, rule) {
  const [, name, not, values] = rule.match(/^(.*?)(!?)=(.*)$/);
  const chosen = root.querySelector(`[name="${name}"]:checked`) || root.querySelector(`select[name="${name}"]`);
  if (!chosen) return true;
  return !chosen.closest(".ht-hidden[data-shown-if]") && values.split("|").includes(chosen.value) === !not;
}
function showWhatMatters(root) {
  for (const part of root.querySelectorAll("[data-shown-if]"))
    part.classList.toggle("ht-hidden", !part.dataset.shownIf.split(";").some((rule) => matters(root, rule)));
}
document.addEventListener("change", (event) => event.target.form && showWhatMatters(event.target.form));
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form").forEach(showWhatMatters));
document.addEventListener("htmx:load", (event) => event.detail.elt.closest && event.detail.elt.closest("form") && showWhatMatters(event.detail.elt.closest("form")));

// A journey's picture that is wider than its box begins where the journey does.
document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll(".ht-graph")) {
    const first = box.querySelector(".ht-graph-place");
    if (first) box.scrollLeft = first.offsetLeft + first.offsetWidth / 2 - box.clientWidth / 2;
  }
});

// The theme shows the name of a chosen file beside its own kind of field only, and stumbles over plain ones: it believes these are done.
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll(".ht-field input[type=file]")) input.hasChangeListener = true;
});

// In the theme's palette Enter opens what was chosen with the arrows, and stumbles where nothing was: then the first is meant.
// While Chinese is being composed Enter ends the word, and with Ctrl or ⌘ the theme opens another tab.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "search-input-command") return;
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  const found = document.getElementById("command-results-list");
  if (found?.querySelector(".active")) return;
  event.preventDefault();
  event.stopPropagation();
  const first = found?.querySelector("a");
  if (first) window.location.assign(first.href); // a click would ask the theme for what was chosen
}, true);

// Groups of the sidebar stay as somebody left them; the one in which the page is, is open.
document.addEventListener("DOMContentLoaded", () => {
  for (const group of document.querySelectorAll("details[data-nav]")) {
    const key = `ht-nav-${group.dataset.nav}`;
    const kept = localStorage.getItem(key);
    if (kept && group.dataset.here === undefined) group.open = kept === "open";
    group.addEventListener("toggle", () => localStorage.setItem(key, group.open ? "open" : "closed"));
  }
});

// The theme's fields that search while somebody types have no name of their own: theirs is the label's.
function nameSearchFields() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${select.id}"]`)?.textContent.trim();
    const field = select.nextElementSibling?.querySelector("[role=combobox]");
    if (!label || !field) continue;
    for (const named of [field, field.querySelector("[role=textbox]"), field.querySelector("input")]) {
      named?.removeAttribute("aria-labelledby");
      named?.setAttribute("aria-label", label);
    }
  }
}
window.addEventListener("load", nameSearchFields);

// What opens the sidebar is a bare icon of the theme's: it is a button for the keyboard and for who does not see it, too.
document.addEventListener("DOMContentLoaded", () => {
  for (const icon of document.querySelectorAll("span[x-on\\:click*=sidebar]")) {
    icon.setAttribute("role", "button");
    icon.setAttribute("aria-label", document.querySelector("[name=ht-words]")?.dataset.pages || "");
    icon.tabIndex = 0;
    icon.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      icon.click();
    });
  }
});
