// The family's page: fetches its changing part when there is news and every 30 seconds; larger text; read aloud.
"use strict";

const root = document.documentElement;
const sizes = ["", "size-1", "size-2"];

function storedSize() {
  try {
    return Number(localStorage.getItem("size")) % sizes.length || 0;
  } catch {
    return 0; // storage may be switched off
  }
}

function showSize(size) {
  root.classList.remove("size-1", "size-2");
  if (size) root.classList.add(sizes[size]);
}

showSize(storedSize()); // before the page is drawn, so that it does not jump

function setUpSizes(button) {
  const larger = button.textContent;
  let size = storedSize();
  const name = () => { button.textContent = size === sizes.length - 1 ? button.dataset.normal : larger; };
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    size = (size + 1) % sizes.length;
    showSize(size);
    name();
    try { localStorage.setItem("size", size); } catch { /* only for this page then */ }
  });
}

function setUpReading(button) {
  if (!("speechSynthesis" in window)) return;
  const read = button.textContent;
  const rest = () => { button.textContent = read; };
  button.hidden = false;
  button.addEventListener("click", () => {
    if (speechSynthesis.speaking) {
      speechSynthesis.cancel();
      return rest();
    }
    const parts = Array.from(document.querySelectorAll("[data-read]"), (part) => part.textContent.trim().replace(/\s+/g, " "));
    const speech = new SpeechSynthesisUtterance(parts.join("\n"));
    speech.lang = root.lang === "zh-Hans" ? "zh-CN" : root.lang;
    speech.rate = 0.85;
    speech.onend = speech.onerror = rest;
    button.textContent = button.dataset.stop;
    speechSynthesis.speak(speech);
  });
  addEventListener("pagehide", () => speechSynthesis.cancel());
}

async function refresh() {
  const region = document.getElementById("now");
  const before = region.querySelector("h1").textContent;
  try {
    const response = await fetch(document.body.dataset.now, { cache: "no-store" });
    if (response.status === 404 || response.status === 410) return location.reload();
    if (!response.ok) return;
    const html = await response.text();
    if (html === refresh.latest) return;
    refresh.latest = html;
    region.innerHTML = html;
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
  setUpSizes(document.getElementById("larger"));
  setUpReading(document.getElementById("read"));
  follow();
  setInterval(() => { if (!document.hidden) refresh(); }, 30000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
});
