// The family's page: fetches its changing part when there is news and every 30 seconds; read aloud. Without it the
// page works all the same, and renews itself every minute.
"use strict";

const root = document.documentElement;

// --- Read aloud ---
// No device brings a voice for these; another one would read gibberish.
const canRead = "speechSynthesis" in window && !["bo", "ug"].includes(root.lang);
let reading = false;

// The button comes anew with each piece of news, whether or not something is being read just then.
function showReading() {
  const button = document.querySelector("[data-read-aloud]");
  const label = button.querySelector("span");
  label.dataset.invites ??= label.textContent;
  label.textContent = reading ? button.dataset.stop : label.dataset.invites;
  button.hidden = !canRead;
}

function rest() {
  reading = false;
  showReading();
}

function readAloud() {
  speechSynthesis.cancel();
  if (reading) return rest();
  const parts = Array.from(document.querySelectorAll("[data-read]"), (part) => part.textContent.trim().replace(/\s+/g, " "));
  const speech = new SpeechSynthesisUtterance(parts.join("\n"));
  speech.lang = root.lang === "zh-Hans" ? "zh-CN" : root.lang;
  speech.rate = 0.85;
  speech.onend = speech.onerror = rest;
  reading = true;
  showReading();
  speechSynthesis.speak(speech);
}

// --- News ---

// What is being written to the office must not vanish under the writer's thumbs.
const isWriting = (region) => [...region.querySelectorAll("textarea")].some((field) => field.value) || region.querySelector("[open]");

async function refresh() {
  const region = document.getElementById("now");
  if (isWriting(region)) return;
  const before = region.querySelector("h1").textContent;
  try {
    const response = await fetch(document.body.dataset.now, { cache: "no-store" });
    if (response.status === 404 || response.status === 410) return location.reload();
    if (!response.ok) return;
    const html = await response.text();
    if (html === refresh.latest) return;
    refresh.latest = html;
    region.innerHTML = html;
    showReading();
    const headline = region.querySelector("h1");
    // Read out by screen readers only when the news itself is new.
    if (headline.textContent !== before) headline.setAttribute("role", "status");
  } catch { /* no network: the next look comes in 30 seconds */ }
}

function follow(failures = 0) {
  const address = new URL(document.body.dataset.live, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  let opened = false;
  socket.onopen = () => { opened = true; root.dataset.liveState = "on"; refresh(); };
  socket.onmessage = refresh;
  socket.onclose = () => {
    root.dataset.liveState = "off";
    const tries = opened ? 0 : failures + 1;
    setTimeout(follow, Math.min(60, 2 ** tries) * (500 + Math.random() * 1000), tries);
  };
}

document.addEventListener("DOMContentLoaded", () => {
  root.dataset.liveState = "off";
  showReading();
  document.getElementById("now").addEventListener("click", (event) => { if (event.target.closest("[data-read-aloud]")) readAloud(); });
  if (canRead) addEventListener("pagehide", () => speechSynthesis.cancel());
  follow();
  setInterval(() => { if (!document.hidden) refresh(); }, 30000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
});
