"use strict";
// The course without a network: its files are kept under the name of their version, and those of the one before go.
const VERSION = "{version}", FILES = {files};
const mine = `sheetnet ${registration.scope} `, name = mine + VERSION;

addEventListener("install", (event) => {
  const kept = caches.open(name).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))));
  event.waitUntil(kept.then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const gone = caches.keys().then((names) => Promise.all(names.filter((one) => one.startsWith(mine) && one !== name).map((one) => caches.delete(one))));
  event.waitUntil(gone.then(() => clients.claim()));
});
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method !== "GET" || !url.startsWith(registration.scope)) return;
  const file = url.split(/[?#]/)[0], asked = file === registration.scope ? `${file}index.html` : file;
  event.respondWith(caches.open(name).then((cache) => cache.match(asked)).then((found) => found ?? fetch(event.request)));
});
