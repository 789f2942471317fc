// The workbook comes packed; the page begins when it is there.
const holder = document.getElementById("workbook")!;
const packed = Uint8Array.from(atob(holder.textContent!), (one) => one.charCodeAt(0));
void new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text().then((text) => {
  holder.textContent = text;
  return import("./main");
}).catch((reason: unknown) => { document.body.append(`This browser cannot show the page: ${String(reason)}`); });
