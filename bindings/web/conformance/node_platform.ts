import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { Client, snapshotFile } from "fh-client/node";

import type { AdapterPlatform } from "./platform.ts";

const OWN_FETCH = "the client has no such setting; a program gives a `fetch` of its own";

/** Returns the file of a store, whose path may be that of a folder. */
function storeFile(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? join(path, "features.json") : path;
}

/** The adapter in Node. */
export const PLATFORM: AdapterPlatform = {
  name: "fh-web-node",
  runtime: `Node ${process.versions.node}`,
  cannot: {
    "http.proxy": OWN_FETCH,
    "tls.custom_ca": OWN_FETCH,
    fork: "Node has no fork() that keeps the state of the process",
  },
  ignored: ({ proxy, ca_pem }) => [...(proxy ? ["proxy"] : []), ...(ca_pem ? ["ca_pem"] : [])],
  start: ({ edge_url, keys, store }, options) =>
    new Client(edge_url, keys, {
      ...options,
      ...(store ? { snapshotFile: snapshotFile(storeFile(store)) } : {}),
    }),
  fullEngine: () => readFileSync(new URL("./wasm/full.wasm", import.meta.url)),
};
