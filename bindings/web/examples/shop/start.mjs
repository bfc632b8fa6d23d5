// Starts the shop: an Edge with the features of `state.yaml`, and a development server with the page.
import console from "node:console";
import process from "node:process";
import { createServer } from "vite";

import { KEYS, startEdge } from "../edge.mjs";

const root = import.meta.dirname;
const edge = await startEdge(process.argv[2] ?? `${root}/state.yaml`);
const server = await createServer({
  configFile: false,
  root,
  // A folder of its own, because servers that share one make each other's files outdated.
  cacheDir: `${root}/../../node_modules/.vite/shop`,
  publicDir: "../public",
  define: { SETTINGS: JSON.stringify({ edge, keys: KEYS }) },
  oxc: { jsx: { runtime: "automatic" } },
  server: { host: "127.0.0.1", port: Number(process.env["PORT"] ?? "5173") },
});
await server.listen();
console.log(`Edge: ${edge}`);
console.log(`Shop: ${server.resolvedUrls?.local[0] ?? ""}`);
