// Live pages: <body data-live="/ws/board"> names a socket that only says that something has changed. The page then
// gets a "live" event on its body, on which its htmx regions fetch themselves anew:
// hx-trigger="live from:body, every 30s". Whether the socket stands is in <body data-live-state="on|off">.
"use strict";

(() => {
  const body = document.body;
  if (!body.dataset.live) return;
  const address = new URL(body.dataset.live, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  let socket = null;
  let timer = 0;
  let failures = 0;

  const tell = () => body.dispatchEvent(new CustomEvent("live", { bubbles: true }));

  function connect() {
    clearTimeout(timer);
    socket = new WebSocket(address);
    socket.onopen = () => {
      body.dataset.liveState = "on";
      failures = 0;
      tell(); // what happened while nobody listened
    };
    socket.onmessage = tell;
    socket.onclose = () => {
      body.dataset.liveState = "off";
      failures += 1;
      // 1, 2, 4 … 30 seconds, each by a random half more or less: a restarted server is not stormed by every page.
      timer = setTimeout(connect, Math.min(30, 2 ** (failures - 1)) * (500 + Math.random() * 1000));
    };
  }

  function wakeUp() {
    if (document.hidden) return;
    // A tab that slept may hold a socket that died without a word, or wait for a timer that was put off.
    if (socket.readyState === WebSocket.OPEN) tell();
    else if (socket.readyState === WebSocket.CLOSED) connect();
  }

  body.dataset.liveState = "off";
  document.addEventListener("visibilitychange", wakeUp);
  addEventListener("online", wakeUp);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  addEventListener("pagehide", () => { clearTimeout(timer); socket.onclose = null; socket.close(); });
  connect();
})();
