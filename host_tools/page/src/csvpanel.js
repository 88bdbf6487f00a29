// CSV of the history, made in the browser: the bytes that `packlog decode` writes.

import { csv } from "./decode/csv.js";
import { UNKNOWN } from "./decode/timeline.js";
import { fill, h } from "./dom.js";
import { T } from "./texts.js";

/** The rows of a table from from to to, as a CSV takes them; null: all. */
export function rowsBetween({ columns, length }, { from, to }) {
  const rows = [];
  for (let row = 0; row < length; row++) {
    const time = columns.time[row];
    if (time !== UNKNOWN && time >= from && time < to) rows.push(row);
  }
  return Uint32Array.from(rows);
}

/** The part of the page that downloads CSV. view() -> {from, to} that is shown. */
export function csvPanel(history, view) {
  const option = ([key, text]) => h("option", { value: key }, text);
  const here = Object.entries(T.csvSeries).filter(([name]) => history.has(name));
  const series = h("select", {}, here.map(option));
  const range = h(
    "select",
    {},
    [
      ["view", T.csvView],
      ["all", T.csvAll],
    ].map(option),
  );
  const said = h("p", { class: "note", role: "status" }, T.csvNote);
  const button = h("button", { type: "button", class: "strong" }, T.csv);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await history.everything((done, count) => fill(said, T.csvLoading(done, count)));
      const table = history.csvTable(series.value);
      const rows = table && range.value === "view" ? rowsBetween(table, view()) : null;
      const parts = table ? [...csv(series.value, table, rows)] : [];
      if (table) save(parts, `${history.pack}-${series.value}.csv`);
      fill(said, table ? T.csvDone(rows ? rows.length : table.length) : T.noHistory);
    } catch (error) {
      fill(said, String(error.message || error));
    }
    button.disabled = false;
  });
  return h(
    "section",
    { class: "card" },
    h("h3", {}, T.csv),
    h(
      "div",
      { class: "bar" },
      h("label", {}, `${T.csvOf} `, series),
      h("label", {}, `${T.csvRange} `, range),
      button,
    ),
    said,
  );
}

function save(parts, name) {
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
