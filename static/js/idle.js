// Shared computers: a page that nobody has touched for a while hides itself and asks for the password (communities/idle.py).
// A minute before, it says so to those who are just thinking. Any key, click, touch or turn of the wheel is an act, in
// whichever tab; what a page fetches by itself is none.
"use strict";

(() => {
  const form = document.getElementById("rest");
  if (!form) return;
  const LIMIT_MS = Number(form.dataset.idle) * 1000;
  const WARN_MS = Math.min(60_000, LIMIT_MS / 2);
  const TELL_MS = Math.min(20_000, LIMIT_MS / 4);
  const KEY = "linzhu-active";
  let active = Date.now();
  let told = active;
  let resting = false;

  function elsewhere() {
    try { return Number(localStorage.getItem(KEY) ?? 0); } catch { return 0; }
  }

  function act(event) {
    if (event && !event.isTrusted) return;
    active = Date.now();
    try { localStorage.setItem(KEY, String(active)); } catch { /* storage may be switched off: this tab alone, then */ }
    document.getElementById("idle-warning")?.remove();
  }

  async function tell() {
    told = Date.now();
    try {
      const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
      const answer = await fetch(form.dataset.stillHere, { method: "POST", headers: { "X-CSRFToken": token } });
      if (answer.status === 401) location.reload(); // at rest already: it asks
    } catch { /* no connection: the next act tells */ }
  }

  function warn() {
    if (document.getElementById("idle-warning")) return;
    const toast = document.createElement("p");
    toast.id = "idle-warning";
    toast.className = "toast warning";
    toast.append(Object.assign(document.createElement("span"), { textContent: form.dataset.warning }));
    document.getElementById("toasts")?.append(toast);
  }

  function look() {
    const idle = Date.now() - Math.max(active, elsewhere());
    if (idle >= LIMIT_MS && !resting) { resting = true; form.submit(); }
    else if (idle >= LIMIT_MS - WARN_MS) warn();
    else document.getElementById("idle-warning")?.remove();
    if (active > told && Date.now() - told >= TELL_MS) tell();
  }

  for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) addEventListener(kind, act, { passive: true, capture: true });
  addEventListener("visibilitychange", look);
  // Gone back to: the browser shows what it has kept, and the server is asked whether it still may.
  addEventListener("pageshow", (event) => {
    resting = false;
    if (event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward") tell();
  });
  setInterval(look, Math.min(1000, LIMIT_MS / 10));
  act();
})();
