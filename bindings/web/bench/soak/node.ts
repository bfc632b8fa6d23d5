/** `node --expose-gc node.mjs EDGE KEY ENGINE`: a program of the soak test, with the file of the engine. It answers each message with its memory and with what it has done. */
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { Client } from "fh-client";

import { use } from "./load.ts";

const [edge = "", key = "", engine = ""] = process.argv.slice(2);
const done = use(new Client(edge, key, { engine: pathToFileURL(engine) }));
process.on("message", () => void answer());

async function answer(): Promise<void> {
  // The first collection finds the contexts that are unreachable, and the turn after it frees their part of the engine's memory.
  for (let collection = 0; collection < 3; collection++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ bytes: heapUsed + external, done: done() });
}
