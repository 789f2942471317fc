"use strict";
// Once a page of the course is open, all of it is kept for when there is no network. From a file there is none to miss.
if (location.protocol.startsWith("http") && "serviceWorker" in navigator) void navigator.serviceWorker.register("offline.js");
