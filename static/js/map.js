// The board's map: places of the community and the homes where somebody waits, on plain ground. No tiles are fetched:
// it works without the internet, and no one outside learns which homes are looked at.
"use strict";

(() => {
  const box = document.getElementById("map");
  if (!box || !window.L) return;
  const FINE_FROM_ZOOM = 17;
  const AREA_M = 170;
  const PIN_PX = 26;
  const map = L.map(box, { attributionControl: false, zoomControl: false, minZoom: 11, maxZoom: 20, zoomSnap: 0.5 });
  L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const ground = L.layerGroup().addTo(map);
  const spots = L.layerGroup().addTo(map);
  const drawn = { places: "" };

  const read = () => JSON.parse(document.getElementById("map-data").textContent);
  const isArea = (place) => !place.inner && place.kind === "compound";

  function name(layer, place, fine) {
    // An area is named at its northern edge, where no home lies under the words.
    const direction = isArea(place) ? "top" : "right";
    layer.bindTooltip(place.name, { permanent: true, direction, offset: [isArea(place) ? 0 : 4, 0], className: `place-name${fine ? " fine" : ""}` });
  }

  function drawPlaces(places) {
    ground.clearLayers();
    // Areas first, so that houses and landmarks lie on them.
    places.filter(isArea).forEach((place) => {
      L.circle(place.at, { radius: AREA_M, className: "block", interactive: false }).addTo(ground);
    });
    // In the order in which their names matter (see uncover).
    const named = [...places].sort((one, other) => isArea(other) - isArea(one));
    named.forEach((place) => {
      const fine = place.inner || ["building", "other"].includes(place.kind);
      const className = isArea(place) ? "unseen" : fine ? "house" : "landmark";
      const at = isArea(place) ? [place.at[0] + AREA_M / 111195, place.at[1]] : place.at;
      const mark = L.circleMarker(at, { radius: fine ? 4 : 6, className, interactive: false });
      name(mark, place, fine);
      mark.addTo(ground);
    });
  }

  function describe(pins) {
    const list = document.createElement("div");
    list.className = "stack tight";
    pins.forEach((pin) => {
      const item = document.createElement("div");
      const link = document.createElement("a");
      const when = document.createElement("span");
      link.href = pin.url;
      link.textContent = `${pin.service} · ${pin.elder}`;
      when.textContent = pin.window;
      item.append(link, when);
      list.append(item);
    });
    return list;
  }

  // Two pins are squares to whoever taps them: side by side on one axis is far enough. A little more for half pixels.
  const cover = (one, other) => Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) < PIN_PX + 2;

  // Pins that would cover each other at this zoom become one, with their number on it.
  function piled(all) {
    const piles = [];
    all.forEach(({ at, pins }) => {
      const point = map.latLngToLayerPoint(at);
      const near = piles.find((pile) => cover(pile.point, point));
      if (near) near.pins.push(...pins);
      else piles.push({ at, point, pins: [...pins] });
    });
    return piles;
  }

  function drawSpots(all) {
    const order = ["need", "unheard", "paused", "looking", "assigned", "underway", "safe"];
    spots.clearLayers();
    piled(all).forEach(({ at, pins }) => {
      const lane = order.find((key) => pins.some((pin) => pin.lane === key)) ?? "looking";
      const icon = L.divIcon({ className: `pin ${lane}`, html: pins.length > 1 ? String(pins.length) : "", iconSize: [PIN_PX, PIN_PX] });
      const title = pins.map((pin) => `${pin.service} · ${pin.elder}`).join("; ");
      L.marker(at, { icon, title, alt: title, riseOnHover: true }).bindPopup(() => describe(pins)).addTo(spots);
    });
  }

  function draw() {
    const data = read();
    const places = JSON.stringify(data.places);
    if (places !== drawn.places) {
      drawn.places = places;
      drawPlaces(data.places);
    }
    drawSpots(data.spots);
    fine();
    return data;
  }

  // Where names would lie on each other only the first is shown: areas stand before landmarks, these before houses.
  // Nor does a name lie under a pin, which would cut it short.
  function uncover() {
    const shown = [...box.querySelectorAll(".pin")].map((pin) => pin.getBoundingClientRect());
    const labels = [...box.querySelectorAll(".place-name")];
    labels.sort((one, other) => one.matches(".fine") - other.matches(".fine")).forEach((label) => {
      const { left, right, top, bottom } = label.getBoundingClientRect();
      const isFree = shown.every((other) => right < other.left || left > other.right || bottom < other.top || top > other.bottom);
      label.classList.toggle("covered", !isFree);
      if (isFree && right > left) shown.push({ left, right, top, bottom });
    });
  }

  function fine() {
    box.classList.toggle("far", map.getZoom() < FINE_FROM_ZOOM);
    uncover();
  }
  map.on("zoomend", () => {
    drawSpots(read().spots);
    fine();
  });
  // A view must be set before anything is drawn; where there is nothing at all, any will do.
  const first = read();
  const points = [...first.places, ...first.spots].map((thing) => thing.at);
  function fit() {
    if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.15), { maxZoom: 17.5, animate: false });
    else map.setView([39.12, 117.2], 14);
  }
  fit();
  draw();
  // On a narrower page, such as a phone turned round, no pin may be cut off by the edge.
  map.on("resize", () => { fit(); drawSpots(read().spots); fine(); });

  // Scripts that come after this one draw on the same map.
  addEventListener("DOMContentLoaded", () => box.dispatchEvent(new CustomEvent("map:ready", { detail: { map } })));

  document.body.addEventListener("htmx:afterSettle", () => { if (!map.getPane("popupPane").hasChildNodes()) draw(); });
})();
