// Declaring an emergency around a point: who presses on the map sees the circle in which elders are asked after.
"use strict";

(() => {
  const box = document.getElementById("map");
  const form = box?.closest("form");
  if (!form || !window.L) return;
  const [place, radius, lat, lng] = ["place", "radius_m", "lat", "lng"].map((name) => form.elements[name]);
  const layer = L.layerGroup();
  const places = JSON.parse(document.getElementById("map-data").textContent).places;

  // The point that was pressed, or else the place that was chosen.
  function centre() {
    if (lat.value && lng.value) return [Number(lat.value), Number(lng.value)];
    const name = place.selectedOptions[0]?.textContent;
    return place.value ? places.find((one) => one.name === name)?.at : undefined;
  }

  function draw(map) {
    layer.clearLayers().addTo(map);
    const at = centre();
    if (at) L.circle(at, { radius: Number(radius.value), className: "reach", interactive: false }).addTo(layer);
  }

  box.addEventListener("map:ready", (event) => {
    const { map } = event.detail;
    map.on("click", ({ latlng }) => {
      lat.value = latlng.lat.toFixed(5);
      lng.value = latlng.lng.toFixed(5);
      place.value = "";
      draw(map);
    });
    [radius, lat, lng].forEach((field) => field.addEventListener("change", () => draw(map)));
    place.addEventListener("change", () => { lat.value = lng.value = ""; draw(map); });
    form.addEventListener("change", (change) => { if (change.target.name === "where") map.invalidateSize(); });
    draw(map);
  });
})();
