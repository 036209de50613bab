"use strict";
// The drawer of a customer's page, and the switch between story and details on a narrow screen.

const drawer = document.getElementById("drawer");
const inside = document.getElementById("drawer-inside");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== inside || !inside.firstElementChild) return;
  if (!drawer.open) drawer.showModal();
  const first = inside.querySelector("[role=alert], input:not([type=hidden]), select, textarea");
  if (first && first.matches("input, select, textarea")) first.focus();
});

document.addEventListener("click", (event) => {
  const isOutside = event.target === drawer;
  if (isOutside || (drawer.open && event.target.closest("[data-close]"))) {
    event.preventDefault();
    drawer.close();
  }
  const side = event.target.closest("[data-side]");
  if (side) {
    document.querySelector("[data-profile]").classList.toggle("ht-details-shown", side.dataset.side === "panels");
    for (const one of document.querySelectorAll("[data-side]")) {
      one.setAttribute("aria-pressed", String(one === side));
      one.classList.toggle("ht-switch-on", one === side);
    }
  }
});

// What was shown in the clear is gone with the drawer.
drawer.addEventListener("close", () => inside.replaceChildren());

// Not carried out (a lost session, a refusal): the whole page says so.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target === inside) window.location.reload();
});
