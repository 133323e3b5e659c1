// The board rings when something new waits for a human, and counts it in the title. Off until somebody wishes it, and
// remembered in this browser. The sound is made here: two soft tones, no file.
"use strict";

(() => {
  const button = document.getElementById("alerts");
  const board = document.getElementById("board");
  if (!button || !board || !window.AudioContext) return;
  const KEY = "linzhu-alerts";
  const label = button.querySelector("span");
  const words = label.textContent;
  const title = document.title;
  let audio = null;
  let isOn = false;
  let newest = state().newest;
  let unseen = 0;

  function state() {
    const { count, newest: latest } = document.getElementById("alert-state")?.dataset ?? {};
    return { count: Number(count ?? 0), newest: Number(latest ?? 0) };
  }

  function tone(at, hertz) {
    const swing = audio.createOscillator();
    const loud = audio.createGain();
    swing.frequency.value = hertz;
    loud.gain.setValueAtTime(0, at);
    loud.gain.linearRampToValueAtTime(0.18, at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
    swing.connect(loud).connect(audio.destination);
    swing.start(at);
    swing.stop(at + 0.5);
  }

  // Browsers let a page sound only after somebody has touched it: until then the button says what to do.
  async function ring() {
    audio ??= new AudioContext();
    if (audio.state === "suspended") await Promise.race([audio.resume(), new Promise((done) => { setTimeout(done, 200); })]);
    const isBlocked = audio.state !== "running";
    label.textContent = isBlocked ? button.dataset.blocked : words;
    if (isBlocked) return;
    tone(audio.currentTime, 660);
    tone(audio.currentTime + 0.22, 880);
    board.dataset.rang = String(Number(board.dataset.rang ?? 0) + 1);
  }

  function showTitle() {
    const { count } = state();
    document.title = isOn && count ? `${unseen ? "● " : ""}(${count}) ${title}` : title;
  }

  function show() {
    button.setAttribute("aria-pressed", String(isOn));
    if (!isOn) label.textContent = words;
    showTitle();
  }

  function heed() {
    const latest = state().newest;
    if (latest > newest && isOn) {
      if (document.hidden) unseen += 1;
      ring();
    }
    newest = Math.max(newest, latest);
    showTitle();
  }

  try { isOn = localStorage.getItem(KEY) === "on"; } catch { /* storage may be switched off: off, then */ }
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const wasBlocked = label.textContent === button.dataset.blocked;
    isOn = wasBlocked || !isOn;
    try { localStorage.setItem(KEY, isOn ? "on" : "off"); } catch { /* only for this page then */ }
    show();
    if (isOn) ring();
  });
  board.addEventListener("htmx:afterSwap", heed);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { unseen = 0; showTitle(); } });
})();
