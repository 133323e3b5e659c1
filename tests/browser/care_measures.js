// What care mode promises, measured in the page. Each returns what breaks the promise, named so that it can be found.
(() => {
  "use strict";
  const seen = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest(".visually-hidden, .skip, [role=img], dialog:not([open]), .map");
  const named = (element) =>
    `${element.tagName.toLowerCase()}.${element.className} ${(element.textContent || element.name || "").trim().slice(0, 40)}`;

  function smallText(points) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const small = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.data.trim() || /^(SCRIPT|STYLE|TEMPLATE|NOSCRIPT|OPTION)$/.test(parent.tagName) || !seen(parent)) continue;
      const box = parent.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue;
      if (parseFloat(getComputedStyle(parent).fontSize) < (points * 4) / 3 - 0.1) small.add(named(parent));
    }
    return [...small];
  }

  // As in WCAG 2.5.8: a link within a sentence is as high as its line. A box counts with the label around it.
  const inSentence = (element) =>
    element.matches("a") &&
    [...element.parentElement.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const touched = (element) =>
    (element.matches("[type=checkbox], [type=radio]") ? element.closest("label") : null) ?? element;

  function smallTargets() {
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((element) => seen(element) && !inSentence(element))
      .map((element) => [element, touched(element).getBoundingClientRect()])
      .filter(([, { width, height }]) => width > 0 && height > 0 && Math.min(width, height) < 59.5)
      .map(([element, { width, height }]) => `${named(element)} ${Math.round(width)}×${Math.round(height)}`);
  }

  function floating() {
    const floats = (element) => /fixed|sticky/.test(getComputedStyle(element).position);
    return [...document.querySelectorAll("body *")].filter(floats).map(named);
  }

  window.measures = { smallText, smallTargets, floating };
})();
