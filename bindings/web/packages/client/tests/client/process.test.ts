import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

import { describeEngine } from "../engine/built.ts";
import { bundled } from "./bundled.ts";
import { CLIENT_KEY, feature, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

const RED = feature("COLOUR", "red");

let program: string;
beforeAll(async () => {
  program = await bundled(`
    import { Client } from "fh-client";
    const [url, key, mode, keepAlive] = process.argv.slice(2);
    const options = mode === "stream" ? {} : { mode: "polling", interval: 3600 };
    const client = new Client(url, key, { ...options, ...(keepAlive === "false" && { keepAlive: false }) });
    // A listener for a signal does not keep a program running.
    process.on("SIGTERM", () => {
      console.log("closing");
      client.close();
    });
    process.on("beforeExit", () => console.log("nothing keeps the program running"));
    await client.ready();
    console.log(client.string("COLOUR"), client.status.connection);
  `);
});
afterAll(async () => {
  await rm(dirname(program), { recursive: true });
});

const MODES = [
  ["stream", "streaming"],
  ["poll", "resting"],
] as const;

/** Answers the request of the program. */
function answer(edge: ScriptedEdge, mode: (typeof MODES)[number][0]): Promise<unknown> {
  return mode === "stream" ? edge.stream(RED) : edge.poll([RED]);
}

/** Defines the tests for a key of each kind. */
function tests(key: string): void {
  test.each(MODES)(
    "with `keepAlive: false`, an open client with a %s lets the program end",
    async (mode, connection) => {
      await using edge = await ScriptedEdge.start();
      const answered = answer(edge, mode);
      const ended = promisify(execFile)(process.execPath, [program, edge.url, key, mode, "false"]);
      await answered;
      expect((await ended).stdout).toBe(`red ${connection}\nnothing keeps the program running\n`);
    },
  );

  test.each(MODES)(
    "by default, a client with a %s keeps the program running until it is closed",
    async (mode, connection) => {
      await using edge = await ScriptedEdge.start();
      const answered = answer(edge, mode);
      const child = spawn(process.execPath, [program, edge.url, key, mode], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(child, "exit");
      await answered;
      const lines: string[] = [];
      for await (const line of createInterface(child.stdout)) {
        lines.push(line);
        // A program that nothing keeps running has ended by itself, or says so before the signal arrives.
        if (lines.length === 1) child.kill("SIGTERM");
      }
      expect(lines).toEqual([`red ${connection}`, "closing", "nothing keeps the program running"]);
      expect(await ended).toEqual([0, null]);
    },
  );
}

tests(SERVER_KEY);

describeEngine("with a client-evaluated key", () => {
  beforeAll(async () => {
    const engines = new URL("../../src/engine/wasm", import.meta.url).pathname;
    await cp(engines, join(dirname(program), "wasm"), { recursive: true });
  });

  tests(CLIENT_KEY);
});
