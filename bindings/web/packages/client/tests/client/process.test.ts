import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { bundled } from "./bundled.ts";
import { feature, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let program: string;
beforeAll(async () => {
  program = await bundled(`
    import { Client } from "fh-client";
    const [url, key, mode, keepAlive] = process.argv.slice(2);
    const options = mode === "stream" ? {} : { poll: 3600 };
    const client = new Client(url, key, { ...options, keepAlive: keepAlive === "true" });
    await client.ready();
    console.log(client.string("COLOUR"), client.status.connection);

  `);
});
afterAll(async () => {
  await rm(dirname(program), { recursive: true });
});

test.each([
  ["stream", "streaming"],
  ["poll", "resting"],
])("with `keepAlive: false`, an open client with a %s lets the program end", async (mode, connection) => {
  await using edge = await ScriptedEdge.start();
  const answered =
    mode === "stream" ? edge.stream(feature("COLOUR", "red")) : edge.poll([feature("COLOUR", "red")]);
  const ended = promisify(execFile)(process.execPath, [program, edge.url, SERVER_KEY, mode, "false"]);
  await answered;
  expect((await ended).stdout).toBe(`red ${connection}\n`);
});
