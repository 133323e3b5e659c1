/* Speaking instead of typing (语音输入), into the field that a [data-speak] button names. Only where the browser understands
   speech on this computer itself: elsewhere it would send the voice, and with it an elder's name, to its maker. */
(() => {
  "use strict";
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
  if (!Recognition?.available) return;
  const LANGUAGES = { "zh-Hans": "zh-CN", en: "en-US" };
  const language = LANGUAGES[document.documentElement.lang] ?? "zh-CN";
  const wish = { langs: [language], processLocally: true };
  let heard = null;

  function say(button, words) {
    const state = document.getElementById("speak-state");
    state.textContent = words;
    state.hidden = !words;
    button.setAttribute("aria-pressed", String(heard !== null));
  }

  function stop(button, words = "") {
    heard = null;
    say(button, words);
  }

  async function listen(button) {
    const { listening, nothing, refused } = button.dataset;
    // The words of a language may have to be fetched once; nothing that is said leaves the computer for that.
    if (await Recognition.available(wish) !== "available" && !(await Recognition.install(wish))) return stop(button, nothing);
    const field = document.getElementById(button.dataset.speak);
    heard = new Recognition();
    Object.assign(heard, { lang: language, processLocally: true, interimResults: true });
    heard.onresult = (event) => {
      const words = [...event.results].map((result) => result[0].transcript).join("");
      field.value = words.replace(/[\s，。,.?？!！]+$/u, "");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    heard.onerror = (event) => stop(button, event.error === "not-allowed" ? refused : nothing);
    heard.onend = () => { if (heard) stop(button); field.focus(); };
    heard.start();
    return say(button, listening);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-speak]");
    if (!button) return;
    if (heard) heard.stop(); else listen(button);
  });

  async function show(root) {
    const buttons = root.querySelectorAll?.("[data-speak]") ?? [];
    if (!buttons.length || await Recognition.available(wish) === "unavailable") return;
    buttons.forEach((button) => { button.hidden = false; });
  }
  show(document);
  document.addEventListener("htmx:afterSettle", (event) => show(event.target));
})();
