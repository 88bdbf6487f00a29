// Where files of a pulled history are dropped or chosen.

import { h } from "./dom.js";
import { T } from "./texts.js";

/** An element; take(files) is called with an array of Files. */
export function dropZone(take) {
  const chooser = (attributes) =>
    h("input", {
      type: "file",
      multiple: true,
      onchange: (event) => take([...event.target.files]),
      ...attributes,
    });
  const zone = h(
    "section",
    { class: "drop card" },
    h("h2", {}, T.dropTitle),
    h("p", {}, T.dropText),
    h("label", { class: "button" }, T.dropChoose, chooser({ webkitdirectory: true })),
    " ",
    h("label", { class: "button" }, T.dropFiles, chooser({ accept: ".seg,.shard" })),
  );
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(await dropped(event.dataTransfer));
  });
  return zone;
}

/** All files that were dropped, those in folders included. */
async function dropped({ items, files }) {
  const entries = [...(items || [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...files];
  return (await Promise.all(entries.map(inside))).flat();
}

async function inside(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    found.push(...(await Promise.all(some.map(inside))).flat());
  }
}
