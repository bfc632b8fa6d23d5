import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Client, type ClientOptions, noticeText } from "../../src/index.ts";
import { feature } from "./scripted_edge.ts";
import { Texts } from "./texts.ts";

const LOCKED = '{"id":"1","key":"LOCKED","type":"STRING","version":1,"value":"kept","l":true}';
const NAME = "fh:overrides";

let entries: Map<string, string>;
const clients: Client[] = [];
beforeEach(() => {
  const storage = new Texts();
  ({ entries } = storage);
  vi.stubGlobal("sessionStorage", storage);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vi.unstubAllGlobals();
});

/** Starts a client whose page has this link, and waits until its overrides are loaded. */
async function start(link = "", options: ClientOptions = {}): Promise<{ client: Client; notices: string[] }> {
  vi.stubGlobal("location", { search: link });
  const notices: string[] = [];
  const onNotice: ClientOptions["onNotice"] = (notice) => notices.push(noticeText(notice));
  const client = new Client("", "environment/key", {
    ...{ mode: "offline", overrides: "session", overrideLink: true, onNotice },
    ...options,
  });
  clients.push(client);
  await client.statusWhen(({ connection }) => connection === "offline");
  const features = [feature("COLOUR", "red"), feature("NEW", false), LOCKED];
  client.offerFeatures("test", "environment", `[${features.join(",")}]`);
  await Promise.resolve();
  return { client, notices };
}

describe("overrides of a tab", () => {
  test("outlive a reload, with their policy for locks", async () => {
    const { client } = await start();
    client.overrides.set("COLOUR", "blue");
    client.overrides.set("LOCKED", "other", { evenIfLocked: true });
    client.overrides.set("NEW", null);
    const again = (await start()).client;
    expect([again.string("COLOUR"), again.string("LOCKED"), again.isSet("NEW")]).toEqual([
      "blue",
      "other",
      false,
    ]);
    again.overrides.delete("LOCKED");
    expect((await start()).client.string("LOCKED")).toBe("kept");
    again.overrides.clear();
    expect(entries.has(NAME)).toBe(false);
  });

  test("are not kept without the option", async () => {
    const client = (await start("?fh-override=COLOUR:blue", { overrides: undefined as never })).client;
    client.overrides.set("NEW", true);
    expect([entries.size, client.string("COLOUR")]).toEqual([0, "red"]);
  });

  test("notify the listeners of the tab", async () => {
    const { client } = await start();
    const seen: unknown[] = [];
    client.onChange("COLOUR", (change) => seen.push(change.new));
    client.overrides.set("COLOUR", "blue");
    client.flush();
    expect(seen).toEqual(["blue"]);
  });
});

describe("a link", () => {
  const LINK = "?page=1&fh-override=COLOUR:light%20blue:2&fh-override=NEW:true&fh-override=LOCKED:other";

  test("overrides features by their types, respects locks, and is kept", async () => {
    const { client } = await start(LINK);
    const read = (of: Client): unknown[] => [of.string("COLOUR"), of.boolean("NEW"), of.string("LOCKED")];
    expect(read(client)).toEqual(["light blue:2", true, "kept"]);
    expect(read((await start()).client)).toEqual(["light blue:2", true, "kept"]);
    expect((await start("?fh-override=COLOUR")).client.string("COLOUR")).toBe("red");
  });

  test("does nothing unless the program allows it", async () => {
    expect((await start(LINK, { overrideLink: false })).client.string("COLOUR")).toBe("red");
  });
});

describe("a hostile entry is a notice, and nothing else", () => {
  test.each(["{", "7", "[null]", '[{"key":7,"evenIfLocked":true}]', `"${"x".repeat(1_000_001)}"`])(
    "%#",
    async (text) => {
      entries.set(NAME, text);
      const { client, notices } = await start("?fh-override=NEW:true");
      expect([client.string("COLOUR"), client.boolean("NEW")]).toEqual(["red", true]);
      client.flush();
      expect(notices).toEqual([
        "the state from snapshot was not used: the overrides of the tab: the entry has another form",
      ]);
    },
  );

  test("also if the storage throws", async () => {
    vi.stubGlobal("sessionStorage", {
      getItem: () => {
        throw new Error("forbidden");
      },
    });
    const { client, notices } = await start("?fh-override=NEW:true");
    client.flush();
    expect(client.boolean("NEW")).toBe(true);
    expect(notices).toContain("the state from snapshot was not used: the overrides of the tab: forbidden");
  });
});
