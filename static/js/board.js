// Pages that renew themselves without disturbing their reader: what is open stays open, what is being typed stays,
// the scroll stays; filters act at once; the bar of a running wave moves.
"use strict";

(() => {
  const steady = document.querySelector("[data-steady]");

  /* --- Filters --------------------------------------------------------------------------------------------------- */
  document.documentElement.classList.add("scripted");
  document.querySelectorAll("[data-filters]").forEach((form) => {
    form.addEventListener("change", () => {
      // An empty filter has no place in the address.
      form.querySelectorAll("select").forEach((select) => { select.disabled = !select.value; });
      form.requestSubmit();
    });
  });

  /* --- Renewal --------------------------------------------------------------------------------------------------- */
  const isWriting = (element) => element?.matches?.("input:not([type=checkbox], [type=hidden]), textarea, select");

  function isBusy() {
    const here = document.activeElement;
    if (steady.contains(here) && isWriting(here)) return true;
    const selection = getSelection();
    return Boolean(selection && !selection.isCollapsed && steady.contains(selection.anchorNode));
  }

  function isOwnRenewal(event) {
    const asked = event.detail.requestConfig;
    return asked?.elt === steady && asked.verb === "get";
  }

  if (steady) {
    let late = false;
    steady.addEventListener("htmx:beforeRequest", (event) => {
      if (!isOwnRenewal(event) || !isBusy()) return;
      event.preventDefault();
      late = true;
    });
    steady.addEventListener("focusout", () => setTimeout(() => {
      if (!late || isBusy()) return;
      late = false;
      htmx.trigger(document.body, "live");
    }, 400));

    let open = new Map();
    let focused = "";
    let scrolled = new Map();
    steady.addEventListener("htmx:beforeSwap", (event) => {
      // It was on its way already when somebody began to write: it must not wipe that out.
      if (isOwnRenewal(event) && isBusy()) {
        event.detail.shouldSwap = false;
        late = true;
        return;
      }
      open = new Map([...steady.querySelectorAll("details[id]")].map((details) => [details.id, details.open]));
      focused = steady.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id ?? "" : "";
      scrolled = new Map([...steady.querySelectorAll(".texts")].map((list, index) => [index, list.scrollTop]));
    });
    steady.addEventListener("htmx:afterSwap", () => {
      open.forEach((isOpen, id) => { const details = document.getElementById(id); if (details) details.open = isOpen; });
      steady.querySelectorAll(".texts").forEach((list, index) => { list.scrollTop = scrolled.get(index) ?? list.scrollHeight; });
      if (focused && !steady.contains(document.activeElement)) document.getElementById(focused)?.focus({ preventScroll: true });
      moveBars();
    });
    steady.querySelectorAll(".texts").forEach((list) => { list.scrollTop = list.scrollHeight; });
  }

  /* --- The bar of a running wave --------------------------------------------------------------------------------- */
  function moveBars() {
    const now = Date.now() / 1000;
    document.querySelectorAll("progress[data-from]").forEach((bar) => {
      const { from, to } = bar.dataset;
      bar.value = Math.max(0, Math.min(100, (100 * (now - from)) / (to - from)));
    });
  }
  setInterval(() => { if (!document.hidden) moveBars(); }, 1000);

  /* --- A link that is shown once ----------------------------------------------------------------------------------- */
  document.querySelectorAll("[data-copy-from]").forEach((button) => {
    const field = document.getElementById(button.dataset.copyFrom);
    field.addEventListener("focus", () => field.select());
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.copied;
    });
  });
})();
