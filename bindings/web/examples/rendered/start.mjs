// Starts the server-rendered page: an Edge with the features of `state.yaml`, and a server that renders the page with React.
import console from "node:console";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import process from "node:process";
import { URL } from "node:url";
import { createServer as createVite } from "vite";

import { KEYS, startEdge } from "../edge.mjs";

const root = import.meta.dirname;
const { PORT = "5174" } = process.env;

const edge = await startEdge(process.argv[2] ?? `${root}/state.yaml`);
const vite = await createVite({
  configFile: false,
  root,
  // A folder of its own, because servers that share one make each other's files outdated.
  cacheDir: `${root}/../../node_modules/.vite/rendered`,
  appType: "custom",
  publicDir: "../public",
  oxc: { jsx: { runtime: "automatic" } },
  ssr: { noExternal: ["fh-client", "fh-react"] },
  server: { middlewareMode: true, ws: false },
});
/** @type {typeof import("./src/server.tsx")} */
const { startClient, render } = /** @type {never} */ (await vite.ssrLoadModule("/src/server.tsx"));
// The server has a client-evaluated key, and keeps it; the page gets a server-evaluated one.
const client = await startClient(edge, KEYS.client);
const page = await readFile(`${root}/index.html`, "utf8");
const template = page.replace("EDGE", edge).replace("KEY", KEYS.server);

const server = createServer((request, response) => {
  vite.middlewares(request, response, () => {
    const { pathname, search } = new URL(request.url ?? "/", "http://page");
    if (pathname === "/") render(client, template, search, response);
    else response.writeHead(404).end();
  });
});
server.listen(Number(PORT), "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  console.log(`Edge: ${edge}`);
  console.log(`Server-rendered page: http://127.0.0.1:${address.port}/`);
});
