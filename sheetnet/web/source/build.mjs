// npm run build: page.js and engine.wasm.gz, one folder up, beside page.css, which is its own source.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync, constants } from "node:zlib";

const usual = { bundle: true, minify: true, format: "iife", target: "es2022", logLevel: "error", logOverride: { "empty-import-meta": "silent" } };
const worker = await build({ ...usual, entryPoints: ["worker.ts"], write: false });
const text = {
  name: "worker as text",
  setup(made) {
    made.onResolve({ filter: /^worker-text$/ }, () => ({ path: "worker-text", namespace: "text" }));
    made.onLoad({ filter: /.*/, namespace: "text" }, () => ({ contents: worker.outputFiles[0].text, loader: "text" }));
  },
};
const page = await build({ ...usual, entryPoints: ["start.ts"], plugins: [text], write: false });
writeFileSync("../page.js", page.outputFiles[0].text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--"));
const engine = readFileSync("node_modules/@ironcalc/wasm/wasm_bg.wasm");
writeFileSync("../engine.wasm.gz", gzipSync(engine, { level: constants.Z_BEST_COMPRESSION }));
