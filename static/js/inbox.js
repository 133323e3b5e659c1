// The inbox by keyboard: j and k move from one todo to the next, 1, 2 and 3 press the marked button of that todo.
"use strict";

(() => {
  const todos = () => [...document.querySelectorAll("[data-owed]")];
  const current = () => document.activeElement?.closest?.("[data-owed]");

  function move(step) {
    const all = todos();
    if (!all.length) return;
    const from = all.indexOf(current());
    const next = all[Math.max(0, Math.min(all.length - 1, from + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches?.("input, textarea, select") || document.querySelector("dialog[open]")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (/^[1-9]$/.test(event.key)) {
      const form = (current() ?? todos()[0])?.querySelector(`form[data-act="${event.key}"]`);
      if (!form) return;
      event.preventDefault();
      form.querySelector("button").click();
    }
  });

  // Once a todo is settled the next one has the focus, so that a row of them is worked through by 1, 1, 2 …
  let place = -1;
  document.body.addEventListener("htmx:beforeSwap", () => { place = todos().indexOf(current()); });
  document.body.addEventListener("htmx:afterSwap", () => {
    const all = todos();
    if (place >= 0 && all.length && !current()) all[Math.min(place, all.length - 1)].focus({ preventScroll: true });
  });
})();
