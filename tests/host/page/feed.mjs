// What the page shows when a reading comes while a status is on its way: prints the packs shown.

import { Feed } from "../../../host_tools/page/src/feed.js";

globalThis.document = { hidden: false };
const pack = (name, soc) => ({ name, values: { soc }, fresh: false });
let answer;
const source = { status: () => new Promise((resolve) => (answer = resolve)) };
const shown = [];
const before = { packs: [pack("house", 70), pack("van", 40)] };
const feed = new Feed(source, before, (status) => shown.push(status.packs), () => {});
const polled = feed.poll();
feed.reading({ pack: "house", values: { soc: 61 }, cells: [] });
answer({ packs: [pack("house", 70), pack("van", 41)] });
await polled;
console.log(JSON.stringify(shown.at(-1).map((one) => one.values.soc)));
process.exit();
