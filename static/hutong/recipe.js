"use strict";
// The journey's editor by keyboard: each page begins where one goes on. A step that was put in: its first field; one that was saved: the
// next plus; the menu behind a plus: its first kind, and a letter goes to the next kind that begins with it. Ctrl+Enter saves from anywhere.
{
  const menu = document.querySelector(".ht-recipe-menu");
  // A beginning that was not chosen yet is open beside it.
  const step = document.getElementById(`step-${new URLSearchParams(location.search).get("step")}`);
  const kinds = menu ? [...menu.querySelectorAll("button[value^='insert|']")] : [];

  const firstField = () => {
    const fields = step.querySelectorAll("form input:not([type=hidden]), form select, form textarea");
    return [...fields].find((field) => field.offsetParent !== null) || step.querySelector("form button");
  };
  const nextPlus = () =>
    [...document.querySelectorAll(".ht-recipe-plus")].find((plus) => step.compareDocumentPosition(plus) & Node.DOCUMENT_POSITION_FOLLOWING);
  const begin = () => {
    const place = menu ? kinds[0] : step && (step.hasAttribute("data-saved") ? nextPlus() : firstField());
    place?.focus();
  };

  menu?.addEventListener("keydown", (event) => {
    if (event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = kinds.indexOf(document.activeElement);
    const around = [...kinds.slice(at + 1), ...kinds.slice(0, at + 1)];
    around.find((kind) => kind.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  });
  step?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const save = step.querySelector(":scope > form button.ht-button-primary");
    if (!save) return;
    event.preventDefault();
    save.form.requestSubmit(save);
  });
  // Going to the anchor of the address takes the focus away, so this comes after it.
  if (location.search) addEventListener("load", () => requestAnimationFrame(begin));
}
