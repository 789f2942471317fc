// The workbook comes packed, as packing.py has it; the page begins when it is there.
import type { Value, Workbook } from "./content";

type Packed = Omit<Workbook, "sheets"> & { sheets: { rows: [number, [number, number, Value | []][]][] }[] };

function unpacked(buffer: ArrayBuffer): Packed {
  const bytes = new Uint8Array(buffer), n = new DataView(buffer).getUint32(0, true), doubles = new DataView(new ArrayBuffer(8 * n));
  for (let at = 0; at < 8 * n; at++) doubles.setUint8(8 * (at % n) + Math.floor(at / n), bytes[4 + at]!);
  const workbook: Packed = JSON.parse(new TextDecoder().decode(bytes.subarray(4 + 8 * n)));
  let next = 0;
  for (const { rows } of workbook.sheets)
    for (const [, cells] of rows) for (const cell of cells) if (Array.isArray(cell[2])) cell[2] = doubles.getFloat64(8 * next++, true);
  return workbook;
}

const holder = document.getElementById("workbook")!;
const bytes = Uint8Array.from(atob(holder.textContent!), (one) => one.charCodeAt(0));
void new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer().then((buffer) => {
  holder.textContent = JSON.stringify(unpacked(buffer));
  return import("./main");
}).catch((reason: unknown) => { document.body.append(`This browser cannot show the page: ${String(reason)}`); });
