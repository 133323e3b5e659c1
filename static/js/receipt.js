// A photo of a receipt is made small before it is sent: a phone's camera takes more than a slow line carries.
"use strict";

const LONGEST = 1600;
const QUALITY = 0.85;

const field = document.querySelector("input[type=file]");
field?.addEventListener("change", async () => {
  const [photo] = field.files;
  if (!photo || !window.createImageBitmap) return;
  try {
    const picture = await createImageBitmap(photo);
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
    if (!small || small.size >= photo.size) return;
    const chosen = new DataTransfer();
    chosen.items.add(new File([small], "receipt.jpg", { type: "image/jpeg" }));
    if (field.files[0] === photo) field.files = chosen.files;
  } catch {
    // What the browser cannot read is judged where it arrives.
  }
});
