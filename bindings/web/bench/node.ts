/** `node.mjs PAYLOADS ENGINES [--quick]`: measures in Node, and prints the figures as JSON. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { efforts } from "./efforts.ts";
import { measure } from "./measure.ts";
import { nodePeers } from "./node_peers.ts";

const [payloads = "", engines = "", ...flags] = process.argv.slice(2);
const bytes = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(engines, name)));

const measured = await measure({
  read: (name) => readFile(join(payloads, name), "utf8"),
  files: { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") },
  peers: nodePeers,
  // The time of the processor, so that other programs on the machine take less part in the figures.
  clock: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  ...efforts(flags.includes("--quick")),
  say: (text) => process.stderr.write(`      ${text}\n`),
});
process.stdout.write(JSON.stringify(measured));
// Threads of some of the SDKs would delay the end.
process.stdout.end(() => process.exit());
