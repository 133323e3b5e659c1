/* One help request by keyboard: what its keys open is where the keyboard goes on; Escape closes it again. */
(() => {
  "use strict";
  const page = document.getElementById("help-request");
  if (!page) return;
  const within = (fold) => fold.querySelector("input:not([type=hidden]), select, button");

  // Not at "toggle", which a renewal of the page sends, too, for what it opens again.
  page.addEventListener("click", (event) => {
    const summary = event.target.closest?.("summary[data-key]");
    if (summary) setTimeout(() => { if (summary.parentElement.open) within(summary.parentElement)?.focus(); });
  });
  page.addEventListener("keydown", (event) => {
    const fold = event.target.closest?.(".ends details[open]");
    if (event.key !== "Escape" || !fold) return;
    fold.open = false;
    fold.querySelector("summary").focus();
  });
})();
