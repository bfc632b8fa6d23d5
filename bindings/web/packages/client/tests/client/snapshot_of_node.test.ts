import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { Client, snapshotFile } from "../../src/node/index.ts";
import { describeEngine } from "../engine/built.ts";
import { closing, edge } from "./edge_of_each_test.ts";
import { SERVER_KEY } from "./scripted_edge.ts";

const MARA = { userkey: "mara", plan: ["gold", "a,b=c"], city: "Ōtautahi" };
/**
 * The files of these tests, the keys and the context of the client that has written each, and the value that Rust and Node read from it.
 * `fh-client/tests/it/snapshot_of_node.rs` has the same table.
 */
const FILES = [
  { name: "client", keys: ["second/secret*of-two", "first/secret*of-one"], context: {}, colour: "blue" },
  { name: "context", keys: [SERVER_KEY], context: MARA, colour: "green" },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fh-client-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describeEngine("a snapshot file of Node, which Rust reads", () => {
  test.each(FILES)("is written as it was for Rust: $name", async ({ name, keys, context }) => {
    const text = readFileSync(new URL(`snapshot_of_node_${name}.txt`, import.meta.url), "utf8").trim();
    const [, savedAt = "", environments = ""] =
      /"savedAt":"([^"]*)".*"environments":(.*)\}$/.exec(text) ?? [];
    const path = join(folder, "features.json");
    const options = {
      mode: "polling" as const,
      interval: 3600,
      context,
      clock: () => Date.parse(savedAt),
      snapshotFile: snapshotFile(path),
    };
    const client = new Client(edge.url, keys, options);
    const { response } = await edge.next();
    response.writeHead(200, { "content-type": "application/json" }).end(environments);
    await client.ready();
    client.close();
    // The time is that of the answer of the Edge, which was sent before the client was closed.
    expect(readFileSync(path, "utf8").replace(/"savedAt":"[^"]*"/, `"savedAt":"${savedAt}"`)).toBe(text);
  });

  test.each(FILES)("starts a client with the same keys: $name", async ({ name, keys, context, colour }) => {
    const path = join(folder, "features.json");
    writeFileSync(path, readFileSync(new URL(`snapshot_of_node_${name}.txt`, import.meta.url)));
    const options = { mode: "polling", interval: 3600, context, snapshotFile: snapshotFile(path) } as const;
    const client = closing(new Client(edge.url, keys, options));
    await client.ready();
    expect([client.context(MARA).string("COLOUR"), client.status.source]).toEqual([
      colour,
      { kind: "snapshot" },
    ]);
  });
});
