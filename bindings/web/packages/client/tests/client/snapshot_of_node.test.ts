import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { Client, snapshotFile } from "../../src/node/index.ts";
import { describeEngine } from "../engine/built.ts";
import { edge } from "./edge_of_each_test.ts";
import { closing } from "./offline.ts";
import { SERVER_KEY } from "./scripted_edge.ts";

const MARA = { userkey: "mara", plan: ["gold", "a,b=c"], city: "Ōtautahi" };
/**
 * The files of these tests, the keys and the context of the client that has written each, and the value for `MARA` that Rust and Node read
 * from it. Rust has written the last one; `fh-client/tests/it/snapshot_of_node.rs` has the table of the others.
 */
const FILES = [
  { name: "node_client", keys: ["second/secret*of-two", "first/secret*of-one"], context: {}, colour: "blue" },
  { name: "node_context", keys: [SERVER_KEY], context: MARA, colour: "green" },
  { name: "rust", keys: [SERVER_KEY], context: {}, colour: undefined },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fh-client-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Returns the text of a file, the time in it, and its environments. */
function fileOf(name: string): { text: string; savedAt: number; environments: string } {
  const text = readFileSync(new URL(`snapshot_of_${name}.txt`, import.meta.url), "utf8").trim();
  const { savedAt } = JSON.parse(text) as { savedAt: string };
  return { text, savedAt: Date.parse(savedAt), environments: /"environments":(.*)\}$/.exec(text)?.[1] ?? "" };
}

/** Starts a client with a snapshot file of this text, if one is given, at a time. */
function start(
  now: number,
  keys: string[],
  context: object,
  text?: string,
): { client: Client; path: string } {
  const path = join(folder, "features.json");
  if (text !== undefined) writeFileSync(path, text);
  const options = { mode: "polling", interval: 3600, context: context as Record<string, string> } as const;
  const file = { clock: () => now, snapshotFile: snapshotFile(path) };
  return { client: closing(new Client(edge.url, keys, { ...options, ...file })), path };
}

describeEngine("a snapshot file of Node and of Rust", () => {
  test.each(FILES)("is written as it was, apart from the time: $name", async ({ name, keys, context }) => {
    const { text, savedAt, environments } = fileOf(name);
    const { client, path } = start(savedAt, keys, context);
    const { response } = await edge.next();
    response.writeHead(200, { "content-type": "application/json" }).end(environments);
    await client.ready();
    client.close();
    // The time is that of the answer of the Edge, which was sent before the client was closed.
    const ofTime = /"savedAt":"[^"]*"/;
    expect(readFileSync(path, "utf8").replace(ofTime, "")).toBe(text.replace(ofTime, ""));
  });

  test.each(FILES)("starts a client with the same keys: $name", async ({ name, keys, context, colour }) => {
    const { text, savedAt } = fileOf(name);
    const { client } = start(savedAt + 90_000, keys, context, text);
    await client.ready();
    expect([client.context(MARA).string("COLOUR"), client.status.dataAge]).toEqual([colour, 90]);
    expect(client.status.source).toEqual({ kind: "snapshot" });
  });
});
