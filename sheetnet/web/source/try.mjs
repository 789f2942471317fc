// node try.mjs FILE.json: the engine of a page in node, against the values that its workbook holds.
import { build } from "esbuild";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";

const made = await build({ entryPoints: ["engine.ts"], bundle: true, format: "esm", write: false, platform: "node", logLevel: "error" });
const { Engine, serve } = await import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString("base64")}`);
const workbook = JSON.parse(readFileSync(process.argv[2]));
let answer;
const told = [];
serve((one) => { answer = one; }, (one) => told.push(one));
answer({ kind: "load", engine: gunzipSync(readFileSync("../engine.wasm.gz")), workbook });
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
