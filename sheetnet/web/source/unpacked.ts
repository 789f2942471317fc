// What the page carries packed, in a script of its own.
export async function unpacked(id: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(document.getElementById(id)!.textContent!), (one) => one.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
