// The tables of pulled folders as JSON, or one as CSV: what test_decoder.py compares with Python's.
//
//   node decode.mjs json FOLDER...    of each [{series: {column: [...]}}, problems]
//   node decode.mjs csv FOLDER SERIES
//   node decode.mjs range FOLDER SERIES FROM TO    that of the page's view: unix seconds

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { rowsBetween } from "../../../host_tools/page/src/csvpanel.js";
import { csv } from "../../../host_tools/page/src/decode/csv.js";
import { csvTable, read, table } from "../../../host_tools/page/src/decode/history.js";
import { SERIES } from "../../../host_tools/page/src/decode/segment.js";

const [what, ...asked] = process.argv.slice(2);

function files(folder) {
  return readdirSync(folder).flatMap((series) =>
    readdirSync(join(folder, series)).map((name) => ({
      series,
      name,
      data: new Uint8Array(readFileSync(join(folder, series, name))),
    })),
  );
}

function tables(folder) {
  const { pieces, problems } = read(files(folder));
  const found = {};
  for (const series of Object.keys(SERIES)) {
    const one = table(pieces, series);
    if (!one) continue;
    const columns = Object.entries(one.columns).map(([name, column]) => [name, Array.from(column)]);
    found[series] = { ...Object.fromEntries(columns), boots: one.boots };
  }
  return [found, problems];
}

if (what === "csv" || what === "range") {
  const [folder, series, from, to] = asked;
  const found = csvTable(read(files(folder)).pieces, series);
  const rows = what === "range" ? rowsBetween(found, { from: +from, to: +to }) : null;
  for (const text of csv(series, found, rows)) process.stdout.write(text);
} else {
  process.stdout.write(JSON.stringify(asked.map(tables)));
}
