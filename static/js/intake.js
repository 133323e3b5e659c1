/* Intake by keyboard: the search list, hints of the chosen services, and a draft that survives a lost connection. */
(() => {
  "use strict";
  const page = document.getElementById("intake-page");
  if (!page) return;
  const form = () => document.getElementById("intake");
  const newElder = () => document.getElementById("new-elder");

  /* --- The search: arrows move, Enter takes the first hit of what was typed last ---------------------------------- */
  let enterWaits = false;
  const hits = () => [...document.querySelectorAll("#hits .hit")];
  const upToDate = (box) => document.querySelector("#hits [data-q]")?.dataset.q === box.value.trim();

  function take() {
    const first = hits()[0] ?? document.querySelector("#hits button");
    first?.click();
  }

  page.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const box = event.target.closest("#q");
    if (event.key === "Enter" && box) {
      event.preventDefault();
      if (upToDate(box)) take(); else enterWaits = box.value.trim() !== "";
    }
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !(box || event.target.closest("#hits"))) return;
    const stops = [document.getElementById("q"), ...hits(), document.querySelector("#hits button")].filter(Boolean);
    const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });
  page.addEventListener("submit", (event) => { if (event.target.id === "find") event.preventDefault(); });
  page.addEventListener("htmx:afterSettle", (event) => {
    const box = document.getElementById("q");
    if (event.target.id === "hits" && enterWaits && box && upToDate(box)) { enterWaits = false; take(); }
    if (event.target.id === "who") newElder()?.querySelector("[aria-invalid=true], input:not([type=hidden])")?.focus();
  });
  document.body.addEventListener("elderChosen", () => {
    if (!restoring) form().querySelector("[name=services]").focus();
  });

  /* --- Hints: only of what is chosen; words for each need only where there are several ------------------------------ */
  function showHints() {
    const chosen = [...form().querySelectorAll("[name=services]:checked")].map((box) => box.value);
    document.querySelectorAll("#hints li").forEach((hint) => { hint.hidden = !chosen.includes(hint.dataset.service); });
    document.getElementById("hints").classList.toggle("several", chosen.length > 1);
  }
  page.addEventListener("change", (event) => {
    if (event.target.name === "services") showHints();
    if (event.target.dataset.custom !== undefined) document.getElementById("id_day").focus();
  });

  /* --- The draft: in this browser, for this tab and this person, gone once logged or after twelve hours --------------- */
  const PREFIX = "linzhu-draft-";
  const tab = sessionStorage.linzhuTab ??= crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  const slot = `${PREFIX}${page.dataset.draftOf}-${tab}`;
  let restoring = false, done = false;

  const entries = (element) => [...new FormData(element)].filter(([name]) => name !== "csrfmiddlewaretoken");

  function keep() {
    if (done || restoring) return;
    const draft = { at: Date.now(), intake: entries(form()), newElder: newElder() && entries(newElder()) };
    localStorage.setItem(slot, JSON.stringify(draft));
  }

  function fill(element, pairs) {
    for (const field of element.elements) {
      const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
      if (!field.name || field.name === "csrfmiddlewaretoken") continue;
      if (field.type === "checkbox") field.checked = values.includes(field.value);
      // What is left of a window shrinks; its end stays what was meant.
      else if (field.type === "radio") field.checked ||= values.some((value) => value.split("/").pop() === field.value.split("/").pop());
      else if (values.length && field.type !== "submit") field.value = values[0];
    }
  }

  async function restore() {
    const draft = JSON.parse(localStorage.getItem(slot) ?? "null");
    const asked = new URLSearchParams(location.search).has("elder") || page.querySelector(".errorlist");
    if (!draft || asked) return;
    restoring = true;
    const elder = draft.intake.find(([name]) => name === "elder")?.[1];
    if (elder) await htmx.ajax("GET", `/requests/new/elders/${encodeURIComponent(elder)}/`, "#who");
    else if (draft.newElder) {
      await htmx.ajax("POST", "/requests/new/elders/new/", "#who");
      if (newElder()) fill(newElder(), draft.newElder);
    }
    fill(form(), draft.intake);
    restoring = false;
    showHints();
    document.getElementById("draft-note").hidden = false;
    form().dispatchEvent(new Event("change", { bubbles: true }));
  }

  page.addEventListener("input", keep);
  page.addEventListener("change", keep);
  document.body.addEventListener("elderChosen", keep);
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.elt.id !== "intake" || !event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    done = true;
    localStorage.removeItem(slot);
  });
  restore();
})();
