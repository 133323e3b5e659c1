// The demo's phones: marks the phones that have rung since they were last on the screen, and empties a sent reply.
"use strict";

(() => {
  const region = document.getElementById("phones");
  const seen = JSON.parse(sessionStorage.getItem("phones") || "null") || {};
  let first = Object.keys(seen).length === 0;

  function mark() {
    const shown = new Set(Array.from(region.querySelectorAll(".reply input[id]"), (input) => input.id.replace("reply-", "")));
    for (const contact of region.querySelectorAll("[data-phone]")) {
      const { phone, received } = contact.dataset;
      if (first || shown.has(phone)) seen[phone] = Number(received);
      const unread = Number(received) - (seen[phone] || 0);
      contact.querySelector(".unread").hidden = unread <= 0;
      contact.querySelector(".count").textContent = unread;
    }
    first = false;
    sessionStorage.setItem("phones", JSON.stringify(seen));
  }

  // The reply box survives every refresh (hx-preserve), so a sent text must be taken out of it by hand.
  region.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig.elt;
    if (form.matches("form.reply") && event.detail.xhr.status === 200) form.elements.text.value = "";
  });
  region.addEventListener("htmx:afterSettle", mark);
  mark();
})();
