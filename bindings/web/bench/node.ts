/** `node.mjs PAYLOADS ENGINES SUBJECT [--quick]`, forked: measures one subject in Node, a round for each message, and sends the times. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { efforts } from "./efforts.ts";
import { prepare } from "./measure.ts";
import { nodePeers } from "./node_peers.ts";

const [payloads = "", engines = "", subject = "", ...flags] = process.argv.slice(2);
const bytes = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(engines, name)));

const { round, ...prepared } = await prepare(
  {
    read: (name) => readFile(join(payloads, name), "utf8"),
    files: { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") },
    peers: nodePeers,
    // The time of the processor, so that other programs on the machine take less part in the figures.
    clock: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    ...efforts(flags.includes("--quick")),
  },
  subject,
);
process.on("message", () => {
  void round().then((times) => process.send?.(times));
});
process.send?.(prepared);
