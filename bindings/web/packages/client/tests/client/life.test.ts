import { execFile } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

import { describeEngine } from "../engine/built.ts";
import { bundled } from "./bundled.ts";

/** The share by which memory may grow after the first clients or contexts. */
const GROWTH = 1.05;

/**
 * The clients that are made, and those before the first measurement. With fewer of them, a leak of less than about 700 bytes for each client is
 * not found.
 */
const [CLIENTS, WARM_UP] = process.env["FH_DEEP"] === undefined ? [2_000, 1_000] : [10_000, 2_000];

/** The part of each program that answers requests without a network, and measures memory. */
const START = `
  import { Client } from "fh-client";
  import { readFileSync } from "node:fs";

  const engines = Object.fromEntries(
    [["engine", "lean"], ["fullEngine", "full"]].map(([option, name]) =>
      [option, readFileSync(new URL("./wasm/" + name + ".wasm", import.meta.url))]),
  );
  const strategy = { id: "s", value: "blue", attributes: [
    { fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: ["mara"] }] };
  const features = [{ id: "c", key: "COLOUR", type: "STRING", version: 1, value: "red", strategies: [strategy] }];
  const body = JSON.stringify([{ id: "environment", features }]);
  const text = "event: features\\ndata: " + JSON.stringify(features) + "\\n\\n";
  const forever = (signal, bytes) => new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      signal.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
  const answers = (url, { headers, signal }) => {
    const isStream = new Headers(headers).get("accept") === "text/event-stream";
    return Promise.resolve(isStream
      ? new Response(forever(signal, new TextEncoder().encode(text)), { headers: { "content-type": "text/event-stream" } })
      : new Response(body, { headers: { "content-type": "application/json" } }));
  };
  const never = (url, { signal }) => new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason)));

  let wasm;
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...parts) {
      super(...parts);
      if (this.exports.free_ruleset) wasm = this.exports.memory;
    }
  };
  // The lowest of several measurements, between which finalizers run.
  const used = async () => {
    let heap = Infinity;
    for (let times = 0; times < 10; times++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc();
      const { heapUsed, external } = process.memoryUsage();
      heap = Math.min(heap, heapUsed + external);
    }
    return { heap, wasm: wasm?.buffer.byteLength ?? 0 };
  };
`;

interface Used {
  readonly heap: number;
  readonly wasm: number;
}

/** Runs a program with its engines beside it, and returns what it prints. */
async function run(program: string): Promise<{ first: Used; last: Used }> {
  const file = await bundled(START + program);
  try {
    const engines = new URL("../../src/engine/wasm", import.meta.url).pathname;
    await cp(engines, join(dirname(file), "wasm"), { recursive: true });
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", file]);
    return JSON.parse(stdout) as { first: Used; last: Used };
  } finally {
    await rm(dirname(file), { recursive: true });
  }
}

describeEngine("memory in Node", () => {
  test(
    `${CLIENTS} clients that were made and closed leave nothing behind`,
    { timeout: 240_000 },
    async () => {
      const { first, last } = await run(`
      const live = async (number) => {
        const key = number % 2 ? "environment/secret" : "environment/client*secret";
        const mode = ["streaming", "once"][(number >> 1) % 2];
        // One client in five is closed while its request has no answer.
        const isAnswered = number % 5 !== 0;
        const client = new Client("http://edge.example", key, {
          ...engines, mode, fetch: isAnswered ? answers : never, context: { userkey: "mara" },
        });
        client.onChange("COLOUR", () => undefined);
        client.onReadiness(() => undefined);
        client.intercept({ name: "none", intercept: () => undefined });
        client.observe({ observe: () => undefined });
        if (isAnswered) {
          await client.ready();
          client.context({ userkey: "mara" }).string("COLOUR");
        }
        client.close();
        client.close();
        await client.closed();
      };
      let first;
      for (let made = 0; made < ${CLIENTS}; made += 100) {
        if (made % 1_000 === 0) {
          // The engine's memory of a closed client is freed when the client is unreachable, because its last values answer.
          const now = await used();
          if (made === ${WARM_UP}) first = now;
        }
        await Promise.all(Array.from({ length: 100 }, (_, index) => live(made + index)));
      }
      console.log(JSON.stringify({ first, last: await used() }));
    `);
      expect(last.heap).toBeLessThanOrEqual(first.heap * GROWTH);
      expect(last.wasm).toBeLessThanOrEqual(first.wasm * GROWTH);
    },
  );

  test("10,000 contexts of one client leave nothing behind", { timeout: 120_000 }, async () => {
    const { first, last } = await run(`
      const CONTEXTS = 10_000;
      const client = new Client("http://edge.example", "environment/client*secret", { ...engines, fetch: answers });
      await client.ready();
      let first;
      for (let made = 0; made < CONTEXTS; made++) {
        if (made === 2_000) first = await used();
        const context = client.context({ userkey: "user" + made, session: "s".repeat(1_000) });
        context.string("COLOUR");
        context.onChange("COLOUR", () => undefined).unsubscribe();
        // Promises and finalizers run between two requests of a server.
        if (made % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      console.log(JSON.stringify({ first, last: await used() }));
      client.close();
    `);
    expect(last.heap).toBeLessThanOrEqual(first.heap * GROWTH);
    expect(last.wasm).toBe(first.wasm);
  });
});
