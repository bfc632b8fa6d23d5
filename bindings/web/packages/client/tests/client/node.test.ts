import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Client as BrowserClient, type ContextAttributes, type Notice, noticeText } from "../../src/index.ts";
import { Client, environmentOverrides, type NodeClientOptions, snapshotFile } from "../../src/node/index.ts";
import { eventually } from "../eventually.ts";
import { edge } from "./edge_of_each_test.ts";
import { closing } from "./offline.ts";
import { CLIENT_KEY, feature, SERVER_KEY } from "./scripted_edge.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fh-client-"));
  path = join(folder, "features.json");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

function start(options: NodeClientOptions = {}): Client {
  return closing(new Client(edge.url, SERVER_KEY, options));
}

/** The client's notices as texts, which arrive in a microtask. */
function noting(options: NodeClientOptions): { client: Client; texts: () => Promise<string[]> } {
  const notices: Notice[] = [];
  const client = start({ ...options, onNotice: (notice) => notices.push(notice) });
  const texts = async (): Promise<string[]> => {
    client.flush();
    await Promise.resolve();
    return notices.map((notice) => noticeText(notice));
  };
  return { client, texts };
}

/** The file that a client in Rust has written for `SERVER_KEY` without a context. */
const RUST_FILE = readFileSync(new URL("snapshot_of_rust.txt", import.meta.url), "utf8");

describe("a client from environment variables", () => {
  test("has their URL and key, of which blank ones count as missing", async () => {
    vi.stubEnv("FEATUREHUB_EDGE_URL", edge.url);
    vi.stubEnv("FEATUREHUB_CLIENT_API_KEY", " ");
    vi.stubEnv("FEATUREHUB_API_KEY", SERVER_KEY);
    const client = closing(Client.fromEnvironment({ mode: "polling", interval: 60 }));
    const { request } = await edge.poll([feature("COLOUR", "red")]);
    expect(request.url).toContain(`apiKey=${SERVER_KEY}`);
    await client.ready();
    expect(client.string("COLOUR")).toBe("red");
    expect(client).toBeInstanceOf(BrowserClient);
    vi.stubEnv("FEATUREHUB_CLIENT_API_KEY", CLIENT_KEY);
    expect(closing(Client.fromEnvironment({ mode: "offline" })).keyKind).toBe("client");
  });

  test("throws the TypeError of a missing URL or key", () => {
    vi.stubEnv("FEATUREHUB_EDGE_URL", "");
    vi.stubEnv("FEATUREHUB_CLIENT_API_KEY", "");
    vi.stubEnv("FEATUREHUB_API_KEY", "");
    expect(() => Client.fromEnvironment()).toThrow(
      "the Edge's URL is missing: set the environment variable FEATUREHUB_EDGE_URL",
    );
    vi.stubEnv("FEATUREHUB_EDGE_URL", edge.url);
    expect(() => Client.fromEnvironment()).toThrow(
      "the API key is missing: set the environment variable FEATUREHUB_CLIENT_API_KEY",
    );
  });

  test("has their overrides if they are switched on", () => {
    vi.stubEnv("FEATUREHUB_FEATURE_COLOUR", "blue");
    expect(environmentOverrides()).toBeUndefined();
    vi.stubEnv("FEATUREHUB_OVERRIDE_FEATURES", "true");
    const interceptor = environmentOverrides()!;
    const client = start({ mode: "offline", interceptors: [{ interceptor }] });
    vi.stubEnv("FEATUREHUB_FEATURE_COLOUR", "green");
    expect([client.string("COLOUR"), client.detail("COLOUR").interceptor]).toEqual(["blue", "environment"]);
  });
});

describe("features given at the start", () => {
  test.each([
    feature("COLOUR", "red"),
    `[${feature("COLOUR", "red")}]`,
    `{"id":"environment","features":[${feature("COLOUR", "red")}]}`,
    `\uFEFF [{"id":"ENVIRONMENT","features":[${feature("COLOUR", "red")}]}]`,
    `{"e":[{"id":"environment","features":[${feature("COLOUR", "red")}]}],"tz":1700000000000}`,
    RUST_FILE,
  ])("are served from the constructor on, in every form (%#)", (bootstrap) => {
    const client = start({ bootstrap });
    expect([client.readiness, client.string("COLOUR")]).toEqual(["READY", "red"]);
    expect(client.detail("COLOUR").source).toEqual({ kind: "snapshot" });
    const bytes = start({ bootstrap: new TextEncoder().encode(bootstrap) });
    expect(bytes.string("COLOUR")).toBe("red");
  });

  const [NO_JSON, NO_LIST] = ["the document is not JSON", "the document holds no list of features"];
  const STATE_FILE = "the document is the state file of an Edge";
  test.each([
    ["", NO_JSON],
    ["7", NO_LIST],
    ["{}", NO_LIST],
    ["[7, null]", NO_LIST],
    ['{"e":7}', NO_LIST],
    ['{"id":"environment"}', NO_LIST],
    ['[{"id":"environment"}]', NO_LIST],
    ['{"features":null}', NO_LIST],
    ['{"id":"environment","features":{"key":"A"}}', NO_LIST],
    ['[{"id":"environment","features":7}]', NO_LIST],
    ["features:\n  - { key: A }\nenvironments:\n  - name: dev\n", STATE_FILE],
    ['{"features":[{"key":"A"}],"environments":[{"name":"dev","values":{"A":1}}]}', STATE_FILE],
    ['{"features":[{"key":"A"}],"accounts":[]}', STATE_FILE],
    [Uint8Array.of(0xff), "the document is not UTF-8 text"],
  ])("in no known form are a TypeError that names the form and the cure (%#)", (bootstrap, why) => {
    const cure = "give the answer of an Edge to /features, a list of features, or a snapshot file";
    expect(() => start({ bootstrap })).toThrow(
      new TypeError(`the features of \`bootstrap\` cannot be read: ${why}: ${cure}`),
    );
  });

  test("may be an empty list", () => {
    for (const bootstrap of ["[]", '{"features":[]}', '{"environments":[]}'])
      expect(start({ bootstrap, mode: "offline" }).keys()).toEqual([]);
  });

  test("of an unknown environment are left out with a notice, unless the client is offline", async () => {
    const bootstrap = `{"id":"other","features":[${feature("COLOUR", "red")}]}`;
    const { client, texts } = noting({ bootstrap });
    expect(client.string("COLOUR")).toBeUndefined();
    expect(await texts()).toEqual([
      "the state from snapshot was not used: no API key of the client may read the environment other",
    ]);
    expect(start({ bootstrap, mode: "offline" }).string("COLOUR")).toBe("red");
  });
});

describe("a snapshot file", () => {
  const NOW = Date.UTC(2026, 10, 21, 8, 30);
  const clock = (): number => NOW;

  test("is written after the first list and when the client is closed, for its owner only", async () => {
    const client = start({ snapshotFile: snapshotFile(path), clock });
    const { response } = await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    await eventually(() => {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    });
    const first = readFileSync(path, "utf8");
    expect(first).toContain('"value":"red"');
    expect(first).not.toContain("secret");
    response.write(`event: feature\ndata: ${feature("COLOUR", "blue", 2)}\n\n`);
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    expect(readFileSync(path, "utf8")).toBe(first);
    client.close();
    expect(readFileSync(path, "utf8")).toContain('"value":"blue"');
    expect(readdirSync(folder)).toEqual(["features.json"]);
  });

  test("is not written after a change before the first list, because most features may be those of the file", async () => {
    const client = start({ snapshotFile: snapshotFile(path), bootstrap: feature("COLOUR", "red") });
    const { response } = await edge.next();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: feature\ndata: ${feature("COLOUR", "blue", 2)}\n\n`);
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    client.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is not written for new keys before the Edge has sent a list for them", async () => {
    const client = start({ snapshotFile: snapshotFile(path) });
    await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    await eventually(() => {
      expect(readdirSync(folder)).toEqual(["features.json"]);
    });
    const first = readFileSync(path, "utf8");
    client.setApiKeys("environment/another-secret-key").catch(() => undefined);
    client.close();
    expect(readFileSync(path, "utf8")).toBe(first);
  });

  test("keeps its owner when the client refuses new keys", async () => {
    const client = start({ mode: "streaming", snapshotFile: snapshotFile(path) });
    const { response } = await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    await expect(client.setApiKeys(["other/first-secret", "other/second-secret"])).rejects.toThrow(TypeError);
    response.write(`event: features\ndata: [${feature("COLOUR", "blue", 2)}]\n\n`);
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    client.close();
    expect(start({ mode: "offline", snapshotFile: snapshotFile(path) }).string("COLOUR")).toBe("blue");
  });

  test.each<[string, string, NodeClientOptions]>([
    ["the snapshot was saved for another context", RUST_FILE, { context: { userkey: "mara" } }],
    [
      "the snapshot is older than the maximum age",
      RUST_FILE.replace(/"savedAt":"..../, '"savedAt":"2020'),
      { snapshotFile: { path: "", maxAge: 60 } },
    ],
    ["the file cannot be read: it is no JSON document with a format", "[".repeat(100_000), {}],
  ])("that cannot be used is ignored: %s", async (why, text, options) => {
    writeFileSync(path, text);
    const file = { ...options.snapshotFile, path };
    const { client, texts } = noting({ ...options, snapshotFile: file });
    expect(client.string("COLOUR")).toBeUndefined();
    expect(await texts()).toEqual([`the state from snapshot was not used: ${why}`]);
  });

  test("that cannot be written is reported, and the client goes on", async () => {
    const { client, texts } = noting({ snapshotFile: snapshotFile(join(folder, "none", "features.json")) });
    await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    await eventually(async () => {
      expect(await texts()).toEqual([
        "the state from snapshot was not used: the snapshot file cannot be written: ENOENT",
      ]);
    });
    expect(client.string("COLOUR")).toBe("red");
  });

  test("is replaced beside abandoned temporary files, which are removed", async () => {
    const [abandoned, other] = ["features.json.1-0-0123456789abcdef.new", "features.json.new"];
    for (const name of [abandoned, other]) {
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), 0, 0);
    }
    const client = start({ snapshotFile: snapshotFile(path) });
    await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    await eventually(() => {
      expect(readdirSync(folder).sort()).toEqual(["features.json", other]);
    });
  });
});

test("a context that is no object is refused, with the object to write", () => {
  const client = closing(new Client("", SERVER_KEY, { mode: "offline" }));
  for (const wrong of ["userkey=mara", 5, undefined])
    expect(() => client.context(wrong as unknown as ContextAttributes)).toThrow(
      `the context is of the type ${typeof wrong}: write an object of names and values, such as { userkey: "mara" }`,
    );
});

const LINE = 'write new Client("https://edge.example", "ENVIRONMENT/KEY")';
test.each([
  [[{ url: "https://edge.example" }], `the URL is of the type object: ${LINE}`],
  [["http://edge.invalid", {}], `the API key is of the type object: ${LINE}`],
  [["http://edge.invalid", [3]], 'an API key is of the type number: write a text such as "ENVIRONMENT/KEY"'],
  [
    ["http://edge.invalid", SERVER_KEY, "polling"],
    'the options are of the type string: write an object such as { mode: "polling", interval: 30 }',
  ],
  [
    ["http://edge.invalid", SERVER_KEY, null],
    'the options are of the type null: write an object such as { mode: "polling", interval: 30 }',
  ],
] as const)("arguments of another type are a TypeError that names the argument (%#)", (given, text) => {
  const start = (): unknown => Reflect.construct(Client, given);
  expect(start).toThrow(new TypeError(text));
});

test("keys of a generator are read once", () => {
  const keys = (function* () {
    yield CLIENT_KEY;
  })();
  expect(closing(new Client(edge.url, keys)).environments).toHaveLength(1);
});
