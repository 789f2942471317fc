// The workbook comes packed, as packing.py has it; the page begins when it is there.
import type { Value, Workbook } from "./content";
import { unpacked } from "./unpacked";

type Packed = Omit<Workbook, "sheets"> & { sheets: { rows: [number, [number, number, Value | []][]][] }[] };

function whole(buffer: ArrayBuffer): Packed {
  const bytes = new Uint8Array(buffer), n = new DataView(buffer).getUint32(0, true), doubles = new DataView(new ArrayBuffer(8 * n));
  for (let at = 0; at < 8 * n; at++) doubles.setUint8(8 * (at % n) + Math.floor(at / n), bytes[4 + at]!);
  const workbook: Packed = JSON.parse(new TextDecoder().decode(bytes.subarray(4 + 8 * n)));
  let next = 0;
  for (const { rows } of workbook.sheets)
    for (const [, cells] of rows) for (const cell of cells) if (Array.isArray(cell[2])) cell[2] = doubles.getFloat64(8 * next++, true);
  return workbook;
}

void unpacked("workbook").then((buffer) => {
  document.getElementById("workbook")!.textContent = JSON.stringify(whole(buffer));
  return import("./main");
}).catch((reason: unknown) => { document.body.append(`This browser cannot show the page: ${String(reason)}`); });
