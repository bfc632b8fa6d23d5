// The pages share this script, so that webpack minifies the client once.
void (location.pathname === "/server.html" ? import("./server.js") : import("./main.js"));
