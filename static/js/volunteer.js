// The volunteer's page: looks for news when it comes back to the front, unless somebody has begun to fill something in.
"use strict";

const STALE_MS = 60 * 1000;
let hiddenAt = 0;
let touched = false;

addEventListener("input", () => { touched = true; });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (hiddenAt && !touched && Date.now() - hiddenAt > STALE_MS) location.reload();
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
// One tap is one report: the button rests until the next page is there.
addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
