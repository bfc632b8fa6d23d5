import { beforeEach, describe, expect, test, vi } from "vitest";

import {
  type Client,
  type ClientOptions,
  noticeText,
  type StateStorage,
  storedSession,
} from "../../src/index.ts";
import { eventually } from "../eventually.ts";
import { edge, start as startClient } from "./edge_of_each_test.ts";
import { CLIENT_KEY, feature, SERVER_KEY } from "./scripted_edge.ts";
import { Texts } from "./texts.ts";

const NOW = Date.UTC(2026, 10, 21, 8, 30);
const clock = (): number => NOW;

let storage: Texts;
beforeEach(() => {
  storage = new Texts();
});

/** Starts a client, and collects the texts of its notices. */
function start(options: ClientOptions = {}, key = SERVER_KEY): { client: Client; notices: string[] } {
  const notices: string[] = [];
  const onNotice: ClientOptions["onNotice"] = (notice) => notices.push(noticeText(notice));
  return { client: startClient({ storage, clock, ...options, onNotice }, key), notices };
}

/** Stores the features of one list, and closes the client. */
async function store(options: ClientOptions = {}, value = "red", key = SERVER_KEY): Promise<void> {
  const { client } = start(options, key);
  const before = storage.writes;
  const { response } = await edge.stream(feature("COLOUR", value));
  await eventually(() => {
    expect(storage.writes).toBeGreaterThan(before);
  });
  client.close();
  response.destroy();
}

describe("the last state", () => {
  test("is served from the constructor on, with its age, until the Edge answers", async () => {
    await store();
    const { client, notices } = start({ clock: () => NOW + 90_000 });
    expect([client.readiness, client.string("COLOUR")]).toEqual(["READY", "red"]);
    expect(client.status).toMatchObject({ source: { kind: "snapshot" }, dataAge: 90 });
    await edge.stream(feature("COLOUR", "blue", 2));
    await client.statusWhen(({ source }) => source?.kind === "streaming");
    expect(client.string("COLOUR")).toBe("blue");
    expect(client.status.dataAge).toBeLessThan(60);
    expect(notices).toEqual([]);
  });

  test("has neither a key nor an attribute in it", async () => {
    await store({ context: { userkey: "mara-the-user" } });
    expect(storage.features).toHaveLength(1);
    for (const entry of storage.entries) {
      expect(entry[0]).toMatch(/^fh:/);
      expect(entry.join()).not.toMatch(/mara|secret/);
    }
    expect(storage.features[0]?.[0]).toMatch(/^fh:[\da-f]{64}:[\da-f]{64}$/);
  });

  test("of a client-evaluated key holds the list that the engine has not compiled yet", async () => {
    const { client } = start({}, CLIENT_KEY);
    await edge.stream(feature("COLOUR", "red"));
    await eventually(() => {
      expect(storage.features.map(([, text]) => text).join()).toContain('"value":"red"');
    });
    client.close();
    const again = start({}, CLIENT_KEY).client;
    await again.ready();
    expect(again.string("COLOUR")).toBe("red");
    expect(again.status.source).toEqual({ kind: "snapshot" });
  });

  test("belongs to one context and one list of keys", async () => {
    await store({ context: { userkey: "mara" } });
    const features = (options: ClientOptions, key?: string): unknown =>
      start(options, key).client.string("COLOUR");
    expect(features({ context: { userkey: "mara" } })).toBe("red");
    expect(features({ context: { userkey: "fred" } })).toBeUndefined();
    expect(features({})).toBeUndefined();
    expect(features({ context: { userkey: "mara" } }, "environment/another-key")).toBeUndefined();
  });

  test("is neither read nor written offline, or with null, and not read by a hydrated client", async () => {
    await store();
    const writes = storage.writes;
    const document = '{"format":1,"features":[]}';
    for (const options of [{ mode: "offline" }, { storage: null }, { hydrate: document }] as const)
      expect(start(options).client.readiness).toBe("NOT_READY");
    expect(storage.writes).toBe(writes);
  });

  test("of an asynchronous storage is served unless the Edge was faster", async () => {
    await store();
    let read: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (read = resolve));
    const slow: StateStorage = {
      getItem: async (name) => {
        await gate;
        return storage.getItem(name);
      },
      setItem: () => Promise.resolve(),
      removeItem: () => Promise.resolve(),
    };
    const { client: served } = start({ storage: slow });
    const { client: faster } = start({ storage: slow });
    expect(served.readiness).toBe("NOT_READY");
    await edge.next();
    await edge.stream(feature("OTHER", true));
    await faster.ready();
    read();
    await served.ready();
    expect([served.string("COLOUR"), faster.string("COLOUR")]).toEqual(["red", undefined]);
  });

  test("is not served beyond its maximum age", async () => {
    await store();
    const aged = { storageMaxAge: 60, clock: () => NOW + 60_001 };
    const { client, notices } = start(aged);
    expect(client.readiness).toBe("NOT_READY");
    await eventually(() => {
      expect(notices).toEqual([
        "the state from snapshot was not used: the snapshot is older than the maximum age",
      ]);
    });
    expect(start({ ...aged, storageMaxAge: 61 }).client.string("COLOUR")).toBe("red");
  });

  test("of a client that is closed while the code for storages is loaded is written once, without a timer", async () => {
    const { client } = start();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      client.onRaw(() => {
        client.close();
      });
      await edge.stream(feature("COLOUR", "red"));
      await client.closed();
      await eventually(() => {
        expect(storage.writes).toBe(1);
      });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("features of more than a million characters are not written", async () => {
  await store();
  const { notices } = start({ context: { userkey: "mara" } });
  await edge.stream(feature("COLOUR", "x".repeat(1_000_000)));
  await eventually(() => {
    expect(notices).toEqual([
      "the state from snapshot was not used: the storage cannot be used: the features have more than a million characters",
    ]);
  });
  expect(storage.features).toHaveLength(1);
});

describe("a hostile storage is a notice, and nothing else", () => {
  const NAME = (): string => storage.features[0]![0];
  const good = (): string => storage.features[0]![1];
  test.each<[string, () => string, string]>([
    ["no JSON", () => good().slice(1), "the entry cannot be read: it is no JSON document with a format"],
    ["deep", () => "[".repeat(300_000), "the entry cannot be read: it is no JSON document with a format"],
    [
      "deep and complete",
      () => good().replace('"environments":[', `"environments":[${"[".repeat(1.5e5)}${"]".repeat(1.5e5)},`),
      "the entry cannot be read: a member is missing or has another type",
    ],
    [
      "of 10 MB",
      () => good().replace("red", "r".repeat(10_000_000)),
      "the storage cannot be used: the entry has more than a million characters",
    ],
    [
      "with a prototype",
      () => '{"__proto__":{"format":"featurehub-snapshot/1","environments":[]}}',
      "the entry cannot be read: it is no JSON document with a format",
    ],
  ])("%s", async (_name, text, why) => {
    await store();
    storage.entries.set(NAME(), text());
    const { client, notices } = start();
    expect(client.readiness).toBe("NOT_READY");
    await eventually(() => {
      expect(notices).toEqual([`the state from snapshot was not used: ${why}`]);
    });
    await edge.stream(feature("COLOUR", "blue", 2));
    await client.ready();
    expect(client.string("COLOUR")).toBe("blue");
    expect(Object.prototype).not.toHaveProperty("format");
  });

  test("with an index that lists other entries, which are left alone", async () => {
    storage.entries.set("theirs", "1").set("fh:entries", '["theirs",7,{"__proto__":1}]');
    await store();
    const { client } = start();
    await client.setStorage(null);
    expect([...storage.entries.keys()]).toEqual(["theirs"]);
  });
});

describe("consent", () => {
  test("is asked for first: nothing is kept before setStorage, and null removes what is ours", async () => {
    const { client } = start({ storage: null });
    await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    expect(storage.entries.size).toBe(0);
    storage.entries.set("theirs", "1");
    await client.setStorage(storage);
    await eventually(() => {
      expect(storage.features).toHaveLength(1);
    });
    expect(storedSession(storage)).toBe(storedSession(storage));
    await client.setStorage(null);
    expect([...storage.entries.keys()]).toEqual(["theirs"]);
    client.close();
    await client.closed();
    expect([...storage.entries.keys()]).toEqual(["theirs"]);
  });

  test("after the start serves the state of an earlier visit", async () => {
    await store();
    const { client } = start({ storage: null });
    await client.setStorage(storage);
    expect(client.string("COLOUR")).toBe("red");
  });
});

describe("a stored session", () => {
  test("is random, stays, and replaces a text of another form", () => {
    const first = storedSession(storage);
    expect(first).toMatch(/^[\da-f]{32}$/);
    expect(storedSession(storage)).toBe(first);
    expect(storedSession(new Texts())).not.toBe(first);
    storage.entries.set("fh:session", "<script>");
    expect(storedSession(storage)).toMatch(/^[\da-f]{32}$/);
  });
});
