// Starts the plain page: an Edge with the features of `state.yaml`, and a web server that sends files and changes nothing but the page's
// settings. The package is here built from its sources; a program would copy the folder `dist` of the npm package `fh-client`.
import { Buffer } from "node:buffer";
import console from "node:console";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import process from "node:process";
import { build } from "esbuild";

import { KEYS, startEdge } from "../edge.mjs";

const root = import.meta.dirname;
const { PORT = "5175" } = process.env;

/** @type {Map<string, { readonly type: string; readonly body: string | Uint8Array }>} */
const files = new Map();
const edge = await startEdge(process.argv[2] ?? `${root}/state.yaml`);
const page = await readFile(`${root}/index.html`, "utf8");
// Without a `*`, the key is server-evaluated: no rule and no engine reaches the page.
const settings = page.replace("EDGE", edge).replace("KEY", KEYS.server);
files.set("/", { type: "text/html; charset=utf-8", body: settings });
files.set("/main.js", { type: "text/javascript", body: await readFile(`${root}/main.js`) });
files.set("/style.css", { type: "text/css", body: await readFile(`${root}/../public/style.css`) });
const { outputFiles } = await build({
  entryPoints: [`${root}/../../packages/client/src/index.ts`],
  ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022" },
  ...{ splitting: true, outdir: "/fh-client", logLevel: "warning" },
});
for (const { path, contents } of outputFiles) files.set(path, { type: "text/javascript", body: contents });

const server = createServer(({ url = "/" }, response) => {
  const file = files.get(url.replace(/\?.*/, ""));
  if (file) response.writeHead(200, { "content-type": file.type }).end(Buffer.from(file.body));
  else response.writeHead(404).end();
});
server.listen(Number(PORT), "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  console.log(`Edge: ${edge}`);
  console.log(`Plain page: http://127.0.0.1:${address.port}/`);
});
