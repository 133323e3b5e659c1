/* Intake by keyboard: the search list, hints of the chosen services, and a draft that survives a lost connection. */
(() => {
  "use strict";
  const page = document.getElementById("intake-page");
  if (!page) return;
  const form = () => document.getElementById("intake");
  const newElder = () => document.getElementById("new-elder");

  /* --- The search: arrows move, Enter takes the first hit of what was typed last ---------------------------------- */
  let wanted = ""; // what stood there when Enter was pressed before its answer had come
  const hits = () => [...document.querySelectorAll("#hits .hit")];
  const shown = () => document.querySelector("#hits [data-q]")?.dataset.q;
  let answered = shown(); // only what has settled answers to a click
  const upToDate = (box) => answered === box.value.trim();

  // Whoever types on does not wait for answers: after Enter, keys choose what is needed.
  function take() {
    const [first] = hits();
    if (first) document.activeElement.blur();
    (first ?? document.querySelector("#hits button"))?.click();
  }

  page.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const box = event.target.closest("#q");
    if (event.key === "Enter" && box) {
      event.preventDefault();
      if (upToDate(box)) return take();
      wanted = box.value.trim();
      if (wanted) box.blur();
    }
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !(box || event.target.closest("#hits"))) return;
    const stops = [document.getElementById("q"), ...hits(), document.querySelector("#hits button")].filter(Boolean);
    const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });
  page.addEventListener("input", (event) => { if (event.target.id === "q") wanted = ""; });
  page.addEventListener("submit", (event) => { if (event.target.id === "find") event.preventDefault(); });
  page.addEventListener("htmx:afterSettle", (event) => {
    const box = document.getElementById("q");
    answered = shown();
    if (event.target.id === "hits" && wanted && box?.value.trim() === wanted && upToDate(box)) { wanted = ""; take(); }
    if (event.target.id === "who") newElder()?.querySelector("[aria-invalid=true], input:not([type=hidden])")?.focus();
  });
  document.body.addEventListener("elderChosen", () => {
    if (!restoring && !form().contains(document.activeElement)) form().querySelector("[name=services]").focus();
  });

  /* --- The keys beside the fields (data-key) work again once the words are left ------------------------------------- */
  page.addEventListener("keydown", (event) => {
    const field = event.target.closest("#intake :is(textarea, input:not([type=checkbox], [type=radio]))");
    if (event.key === "Escape" && field && !event.isComposing) field.blur();
  });
  page.addEventListener("focusin", (event) => {
    if (event.target.id !== "id_details") return;
    // Come here by its key, all would be marked, and the next letter would wipe out what was written.
    setTimeout(() => event.target.setSelectionRange(event.target.value.length, event.target.value.length));
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

  /* --- Signed out and in again in another tab: this page's token is old, the cookie's is not ------------------------- */
  document.body.addEventListener("htmx:configRequest", (event) => {
    const token = /(?:^|; )(?:__Host-csrf|csrftoken)=([^;]+)/.exec(document.cookie)?.[1];
    if (!token || !page.contains(event.detail.elt)) return;
    event.detail.headers["X-CSRFToken"] = token;
    delete event.detail.parameters.csrfmiddlewaretoken;
  });

  /* --- The draft: in this browser, for this tab and this person, gone once logged, signed out, or after twelve hours --- */
  const PREFIX = "linzhu-draft-";
  const newTab = () => { sessionStorage.linzhuTab = crypto.randomUUID?.() ?? String(Math.random()).slice(2); };
  if (!sessionStorage.linzhuTab) newTab();
  const mine = `${PREFIX}${page.dataset.draftOf}-`;
  let slot = mine + sessionStorage.linzhuTab;
  let restoring = false, done = false;
  // Whoever sat here before and did not sign out has left: their draft names people.
  Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && !key.startsWith(mine)).forEach((key) => localStorage.removeItem(key));
  // Signed out in another tab: what is typed here from now on is kept nowhere.
  addEventListener("storage", (event) => { if (event.key === slot && event.newValue === null) done = true; });

  const entries = (element) => [...new FormData(element)].filter(([name]) => name !== "csrfmiddlewaretoken");

  function keep() {
    if (done || restoring) return;
    const { name, phone } = newElder()?.elements ?? {};
    const who = name ? name.value || phone.value : document.querySelector("#who h2")?.firstChild.textContent.trim();
    const draft = { at: Date.now(), who, intake: entries(form()), newElder: newElder() && entries(newElder()) };
    localStorage.setItem(slot, JSON.stringify(draft));
  }

  function fill(element, pairs) {
    for (const field of element.elements) {
      const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
      if (!field.name || field.name === "csrfmiddlewaretoken") continue;
      if (field.type === "checkbox") field.checked = values.includes(field.value);
      // What is left of a window shrinks; its end stays what was meant.
      else if (field.type === "radio") field.checked ||= values.some((value) => value.split("/").pop() === field.value.split("/").pop());
      else if (field.type === "select-one") field.value = sameEnd(field, values[0]) ?? field.value;
      else if (values.length && field.type !== "submit") field.value = values[0];
    }
  }

  const sameEnd = (field, value) =>
    [...field.options].find((option) => option.value === value || (value?.includes("/") && option.value.endsWith(value.split("/").pop())))?.value;

  const read = (key) => JSON.parse(localStorage.getItem(key) ?? "null");
  const saysSomething = (draft) => draft?.newElder || draft?.intake.some(([name, value]) => ["elder", "services", "details"].includes(name) && value);

  async function restore(draft) {
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
  page.addEventListener("htmx:afterSettle", (event) => { if (event.target === page) keep(); });
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.elt.id !== "intake" || !event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    done = true;
    localStorage.removeItem(slot);
  });

  // The same page again (reloaded, gone back to) goes on where it was. A new one is a new call: the draft of the last
  // one is offered, for the keys of this call must not reach another elder's form.
  const isSamePage = ["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type);
  // The server has filled it already: from an elder's card, a call that is passed on, a form that came back.
  const isFilled = page.querySelector(".errorlist, #who [name=elder], #hits [data-q]");
  const offer = document.getElementById("draft-offer");

  function endOffer() {
    localStorage.removeItem(sessionStorage.linzhuLeft);
    delete sessionStorage.linzhuLeft;
    offer.hidden = true;
  }

  function showOffer() {
    const draft = read(sessionStorage.linzhuLeft);
    if (!draft) return;
    const who = offer.querySelector("[data-draft-who]");
    const at = new Date(draft.at);
    who.textContent = draft.who || who.dataset.nobody;
    offer.querySelector("[data-draft-at]").textContent = [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
    offer.hidden = false;
  }

  offer.querySelector("[data-draft-take]").addEventListener("click", async () => {
    const draft = read(sessionStorage.linzhuLeft);
    endOffer();
    if (draft) await restore(draft);
    form().querySelector("[name=services]").focus();
  });
  offer.querySelector("[data-draft-drop]").addEventListener("click", () => {
    endOffer();
    document.getElementById("q")?.focus();
  });

  const draft = read(slot);
  if (isSamePage && draft && !isFilled) restore(draft);
  else if (!isSamePage && saysSomething(draft)) {
    endOffer();
    sessionStorage.linzhuLeft = slot;
    newTab();
    slot = mine + sessionStorage.linzhuTab;
  }
  showOffer();
})();
