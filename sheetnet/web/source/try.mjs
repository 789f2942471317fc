// node try.mjs FILE.json [SHEET!row,col=text ...]: the engine of a page in node: from empty formula cells, against the
// values that its workbook holds; then each edit, and how long it took.
import { build } from "esbuild";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";

const made = await build({ entryPoints: ["engine.ts"], bundle: true, format: "esm", write: false, platform: "node", logLevel: "error" });
const { Engine, serve } = await import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString("base64")}`);
const workbook = JSON.parse(readFileSync(process.argv[2]));
let answer;
const told = [];
serve((one) => { answer = one; }, (one) => told.push(one));
const bare = structuredClone(workbook);
for (const sheet of bare.sheets) {
  const filled = new Set(sheet.formulas.flatMap(([r, c, , rows = 1, cols = 1]) => Array.from({ length: rows * cols }, (_, i) => `${r + Math.floor(i / cols)}/${c + (i % cols)}`)));
  for (const [r, cells] of sheet.rows) for (const cell of cells) if (filled.has(`${r}/${cell[0]}`)) cell[2] = null;
}
answer({ kind: "load", engine: gunzipSync(readFileSync("../engine.wasm.gz")), workbook: process.env.STORED ? workbook : bare });
const report = (one) => {
  if (one.kind === "failed") return console.log(one);
  const stored = new Map(workbook.sheets.flatMap((s, at) => s.rows.flatMap(([r, cells]) => cells.map(([c, , v]) => [`${at}/${r}/${c}`, v]))));
  let worst = 0; const apart = [];
  for (const [s, r, c, v] of one.changes) {
    const was = stored.get(`${s}/${r}/${c}`);
    const d = typeof v === "number" && typeof was === "number" ? Math.abs(v - was) / Math.max(1, Math.abs(was)) : v === was ? 0 : Infinity;
    if (d > 1e-10) apart.push([workbook.sheets[s].name, r, c, was, v]); else worst = Math.max(worst, d);
  }
  console.log("ms", one.ms.toFixed(0), "changes", one.changes.length, "apart", apart.length, JSON.stringify(apart.slice(0, 4)), "worst", worst);
};
report(told[0]);
for (const text of process.argv.slice(3)) {
  const [, sheet, row, col, typed] = /^(.*)!(\d+),(\d+)=(.*)$/.exec(text);
  const before = process.cpuUsage();
  answer({ kind: "edit", edits: [[workbook.sheets.findIndex((one) => one.name === sheet), +row, +col, typed]] });
  const { user, system } = process.cpuUsage(before), one = told.at(-1);
  console.log(text, "ms", one.ms?.toFixed(0), "cpu", ((user + system) / 1000).toFixed(0), one.changes?.length ?? one);
}
process.exit();
