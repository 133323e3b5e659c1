// A table of boxes that is painted: with the mouse, with Shift and the arrow keys, a whole row or column by its heading.
// Without this script the boxes are ticked one by one. A finger only taps: dragging scrolls the page.
"use strict";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

for (const table of document.querySelectorAll("table[data-week]")) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("input[type=checkbox]")]);
  let brush = null;

  const paint = (box, ticked) => {
    if (box.checked === ticked && !box.classList.contains("partly")) return;
    box.checked = ticked;
    box.classList.remove("partly");
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const boxOf = (target) => target.closest?.("td")?.querySelector("input[type=checkbox]");

  // --- headings ---
  const buttonIn = (heading, line) => {
    if (!heading?.dataset.all) return null;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.setAttribute("aria-label", heading.dataset.all);
    button.addEventListener("click", () => {
      const ticked = !line.every((box) => box.checked);
      for (const box of line) paint(box, ticked);
    });
    heading.replaceChildren(button);
    return button;
  };
  const columns = rows[0].map((_box, x) => rows.map((row) => row[x]));
  const above = columns.map((column, x) => buttonIn(table.tHead.rows[0].cells[x + 1], column));
  const cells = [
    [null, ...above],
    ...rows.map((row, y) => [buttonIn(table.tBodies[0].rows[y].cells[0], row), ...row]),
  ];

  // --- the keyboard: one stop of the tab key, arrows within, headings included ---
  const stops = cells.flat().filter(Boolean);
  const visit = (stop) => {
    for (const other of stops) other.tabIndex = other === stop ? 0 : -1;
    stop.focus();
  };
  for (const stop of stops) stop.tabIndex = stop === rows[0][0] ? 0 : -1;
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const y = cells.findIndex((line) => line.includes(event.target));
    if (!step || y < 0) return;
    event.preventDefault();
    const rightToLeft = getComputedStyle(table).direction === "rtl" ? -1 : 1;
    const next = cells[y + step[0]]?.[cells[y].indexOf(event.target) + step[1] * rightToLeft];
    if (!next) return;
    if (event.shiftKey && next.type === "checkbox" && event.target.type === "checkbox") paint(next, event.target.checked);
    visit(next);
  });

  // --- the mouse ---
  table.addEventListener("pointerdown", (event) => {
    const box = boxOf(event.target);
    if (!box || event.pointerType === "touch" || event.button !== 0) return;
    event.preventDefault();
    brush = !box.checked;
    paint(box, brush);
    visit(box);
  });
  table.addEventListener("pointerover", (event) => {
    const box = boxOf(event.target);
    if (brush !== null && box && event.buttons & 1) paint(box, brush);
  });
  addEventListener("pointerup", () => { brush = null; });
  // The stroke has ticked the box already: the click that ends it must not untick it.
  table.addEventListener("click", (event) => {
    if (boxOf(event.target) && event.detail > 0 && event.pointerType !== "touch") event.preventDefault();
  });

  for (const hint of document.querySelectorAll("[data-week-how]")) hint.hidden = false;
}
