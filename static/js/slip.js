/* The button that prints, where there is a script to press it; the browser's own menu does the same. */
(() => {
  "use strict";
  const button = document.querySelector("[data-print]");
  button.hidden = false;
  button.addEventListener("click", () => print());
})();
