/* Small help for every page: keys, menus, messages, and a calm word when the network fails. */
(() => {
  "use strict";
  const words = document.getElementById("words")?.dataset ?? {};
  const toasts = document.getElementById("toasts");
  const care = "care" in document.documentElement.dataset; // nothing pops up there

  /* --- Messages ------------------------------------------------------------------------------------------------- */
  function closable(toast) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", words.close ?? "");
    button.addEventListener("click", () => toast.remove());
    toast.append(button);
    return toast;
  }

  function say(text, level = "warning") {
    if (!toasts || [...toasts.children].some((toast) => toast.querySelector("span")?.textContent === text)) return;
    const toast = document.createElement("p");
    const span = document.createElement("span");
    toast.className = `toast ${level}`;
    span.textContent = text;
    toast.append(span);
    toasts.append(closable(toast));
  }

  toasts?.querySelectorAll(".toast").forEach(closable);
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target === toasts) toasts.querySelectorAll(".toast:not(:has(button))").forEach(closable);
  });

  // What was said of the last action is over once the next one begins: "taken back" must not stand beside a new cancellation.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "get") toasts?.replaceChildren();
  });

  /* --- Keys: data-key="n" names the key of a link, a button or a field -------------------------------------------- */
  const typing = (element) => element?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest?.("form[data-submit-key]") ?? document.querySelector("form[data-submit-key]");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?" && !care) { event.preventDefault(); document.getElementById("keys")?.showModal(); return; }
    const marked = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]:not([disabled])`);
    if (!marked) return;
    event.preventDefault();
    typing(marked) ? (marked.focus(), marked.select?.()) : marked.click();
  });

  /* --- Menus close when one looks elsewhere ----------------------------------------------------------------------- */
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; menu.firstElementChild.focus(); });
  });

  /* --- The network ------------------------------------------------------------------------------------------------ */
  document.addEventListener("htmx:sendError", () => say(words.offline));
  document.addEventListener("htmx:timeout", () => say(words.offline));
  document.addEventListener("htmx:afterOnLoad", () => {
    [...(toasts?.children ?? [])].forEach((toast) => { if (toast.querySelector("span")?.textContent === words.offline) toast.remove(); });
  });
  document.addEventListener("htmx:responseError", () => say(words.failed, "error"));
  document.addEventListener("htmx:beforeSwap", (event) => {
    // An htmx request that was answered by the sign-in page must not be put into this one.
    if (event.detail.xhr.responseURL?.includes("/accounts/login/")) {
      event.detail.shouldSwap = false;
      say(words.signedOut);
    }
  });

  // A second click while the first is on its way would only worry people: the server logs once anyway.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.target.hasAttribute("hx-post")) return;
    setTimeout(() => { if (!event.defaultPrevented) button.setAttribute("aria-disabled", "true"); });
    setTimeout(() => button.removeAttribute("aria-disabled"), 6000);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[aria-disabled=true]")) event.preventDefault();
  });

  /* --- One more row of a formset: its <template> with the next number ----------------------------------------------- */
  document.addEventListener("click", (event) => {
    const set = event.target.closest?.("[data-add-row]")?.closest("[data-formset]");
    if (!set) return;
    event.preventDefault();
    const total = set.querySelector(`[name="${set.dataset.formset}-TOTAL_FORMS"]`);
    const row = document.createElement("div");
    row.innerHTML = set.querySelector("template").innerHTML.replaceAll("__prefix__", total.value);
    total.value = Number(total.value) + 1;
    const added = row.firstElementChild;
    set.querySelector("[data-rows]").append(added);
    added.querySelector("input:not([type=hidden])").focus();
  });

  /* --- Drafts (intake.js) hold names: none stays after signing out or for longer than twelve hours -------------------- */
  function forgetDrafts(olderThan) {
    for (const name of Object.keys(localStorage).filter((key) => key.startsWith("linzhu-draft-"))) {
      let at = 0;
      try { at = JSON.parse(localStorage.getItem(name)).at; } catch { /* not ours to read: old */ }
      if (!(at >= olderThan)) localStorage.removeItem(name);
    }
  }
  forgetDrafts(Date.now() - 12 * 3600 * 1000);
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-sign-out]")) forgetDrafts(Infinity); });

  /* --- Where to look first ---------------------------------------------------------------------------------------- */
  const focusFirst = (root) => root.querySelector?.("[data-focus]")?.focus();
  focusFirst(document);
  document.addEventListener("htmx:afterSettle", (event) => focusFirst(event.target));
})();
