/**
 * Passes messages of many small parts to clients in one process, one after the other, and prints a line of JSON for each. With the name of a
 * long list, passes that list to one client instead.
 *
 * @packageDocumentation
 */

import { rmSync, writeFileSync } from "node:fs";

import { Client as AnyClient } from "../../../src/client/client.ts";
import { Client, type NodeClientOptions, Ruleset } from "../../../src/node/index.ts";
import { partsOf } from "../../../src/reads/live.ts";
import { LONG_LISTS } from "./long_lists.ts";
import { watchMemory } from "./watch.ts";

/** The elements. `npm test` takes the two that take the most memory. */
const ELEMENTS = process.env["FH_DEEP"] ? ["1", "{}", "[]", '""', "null"] : ["1", "{}"];
const ONE = '[{"id":"a","key":"A","version":1,"type":"STRING","value":"x"}]';
const SERVER = "e/k";
const CLIENT = "e/k*";

/** The lists of features; `%` is the place of the elements, `%:` that of members. */
const LISTS = [
  "[%]",
  '[{"key":"A"},%]',
  '[{"key":"A","type":"BOOLEAN","strategies":[%]}]',
  '[{"key":"A","type":"BOOLEAN","id":"a","strategies":[{"percentageAttributes":[%],"value":true}]}]',
  '[{"key":"A","type":"BOOLEAN","strategies":[{"attributes":[%],"value":true}]}]',
  '[{"key":"A","type":"BOOLEAN","strategies":[{"attributes":[{"conditional":"EQUALS","fieldName":"x","type":"STRING","values":[%]}],"value":true}]}]',
  '[{"key":"A","type":"BOOLEAN","strategies":[{"attributes":[{"conditional":"EQUALS","fieldName":"x","type":"NUMBER","values":[%]}],"value":true}]}]',
  '[{"key":"A","type":"JSON","value":[%]}]',
  '[{"key":"A","fp":{%:}}]',
];
/** The lists for all ways; one way has all. */
const SOME = LISTS.slice(0, 3);
const FEATURES = LISTS.slice(2).map((list) => list.slice(1, -1).replace('"A"', '"A","version":2'));

/** The responses of an Edge that sends what it is told. */
class Edge {
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  body = "[]";
  status = 200;

  readonly fetch = ((_url: string, init: RequestInit): Promise<Response> => {
    const isStream = JSON.stringify(init.headers).includes("event-stream");
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (isStream) this.#stream = controller;
        else {
          push(controller, this.body);
          controller.close();
        }
      },
    });
    const type = isStream ? "text/event-stream" : "application/json";
    return Promise.resolve(new Response(stream, { status: this.status, headers: { "content-type": type } }));
  }) as typeof fetch;

  event(name: string, data: string): void {
    push(this.#stream!, `event: ${name}\ndata: ${data}\n\n`);
  }
}

/** Sends a text in the pieces of a socket. */
function push(controller: ReadableStreamDefaultController<Uint8Array>, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 65_536) controller.enqueue(bytes.slice(at, at + 65_536));
}

interface Door {
  /** The only size of its messages in KiB. */
  readonly kib?: number;
  readonly texts: readonly string[];
  readonly pass: (edge: Edge, message: string) => Promise<AnyClient | undefined>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits until the client has used what has arrived, and compiled it. */
async function settled(client: AnyClient): Promise<AnyClient> {
  for (let count = 0; count < 40; count++) await turn();
  await client.ready({ timeoutMs: 1 }).catch(() => undefined);
  for (let count = 0; count < 20; count++) await turn();
  return client;
}

async function streaming(edge: Edge, send: () => void): Promise<AnyClient> {
  const client = new Client("http://edge", CLIENT, { ...COMMON, fetch: edge.fetch });
  await turn();
  await turn();
  send();
  return settled(client);
}

const COMMON: NodeClientOptions = { storage: null, onNotice: () => undefined };

/** Makes a client that polls, and waits until it has used the first answer. */
function polling(edge: Edge, options: NodeClientOptions = {}, key = CLIENT): Promise<AnyClient> {
  const { fetch } = edge;
  return settled(
    new Client("http://edge", key, { ...COMMON, mode: "polling", interval: 3600, fetch, ...options }),
  );
}

const DOORS: Record<string, Door> = {
  poll: {
    texts: [
      "[%]",
      '[{"id":"e","features":[{"key":"A"}]},%]',
      ...SOME.map((list) => `[{"id":"e","features":${list}}]`),
    ],
    pass: (edge, message) => {
      edge.body = message;
      return polling(edge);
    },
  },
  "a feature beside a long text": {
    kib: 5120,
    texts: ['[{"id":"e","features":[{"key":"A","value":"served"}]},{"id":"f","features":["%"]}]'],
    pass: (edge, message) => {
      edge.body = message;
      return polling(edge);
    },
  },
  "first list": {
    texts: LISTS,
    pass: (edge, message) =>
      streaming(edge, () => {
        edge.event("features", message);
      }),
  },
  update: {
    texts: ['[{"key":"B"},%,{"key":"C"}]', ...SOME],
    pass: async (edge, message) => {
      const client = await streaming(edge, () => {
        edge.event("features", ONE);
      });
      edge.event("features", message);
      await settled(client);
      edge.event("features", message.replace("A", "D"));
      return settled(client);
    },
  },
  patch: {
    texts: FEATURES,
    pass: async (edge, message) => {
      const client = await streaming(edge, () => {
        edge.event("features", ONE);
      });
      edge.event("feature", message);
      return settled(client);
    },
  },
  context: {
    texts: SOME.map((list) => `[{"id":"e","features":${list}}]`),
    pass: async (edge, message) => {
      edge.body = `[{"id":"e","features":${ONE}}]`;
      const client = await polling(edge, {}, SERVER);
      edge.body = message;
      client.setContext({ userkey: "bob" }).catch(() => undefined);
      return settled(client);
    },
  },
  "offered list": {
    texts: SOME,
    pass: (_, message) => {
      const client = AnyClient.offline({ onNotice: () => undefined });
      client.offerFeatures("store", "e", message);
      return settled(client);
    },
  },
  bootstrap: {
    texts: [
      "[%]",
      '[{"key":"A"},%]',
      '{"id":"e","features":[%]}',
      '{"x":[%],"e":[{"id":"e","features":[{"key":"A"}]}]}',
      '{"x":{%:},"key":"A"}',
    ],
    pass: async (edge, message) => {
      try {
        return await polling(edge, { bootstrap: message });
      } catch {
        return undefined;
      }
    },
  },
  "snapshot file": {
    texts: SOME,
    pass: (edge, message) => {
      writeFileSync(SNAPSHOT, snapshot(message));
      const client = polling(edge, { snapshotFile: { path: SNAPSHOT } });
      rmSync(SNAPSHOT);
      return client;
    },
  },
  "stored state": {
    texts: SOME,
    pass: (edge, message) => {
      const text = snapshot(message);
      const storage = {
        getItem: (name: string) => (name.startsWith("fh:") ? text : null),
        setItem: () => undefined,
        removeItem: () => undefined,
      };
      return polling(edge, { storage });
    },
  },
  hydrate: {
    texts: ['{"x":[%]}', "{%:}", '{"evaluated":[%]}'],
    pass: (edge, message) => polling(edge, { hydrate: message }),
  },
  ruleset: {
    texts: SOME,
    pass: async (_, message) => {
      await Ruleset.compile(message).catch(() => undefined);
      return undefined;
    },
  },
  "offered feature": {
    texts: FEATURES,
    pass: (_, message) => {
      const client = AnyClient.offline({ onNotice: () => undefined });
      client.offerFeatures("store", "e", ONE);
      client.offerFeature("store", "e", message);
      return settled(client);
    },
  },
};

const SNAPSHOT = `${process.argv[1]}.snapshot`;
const FINGERPRINT = partsOf(
  new Client("http://edge", CLIENT, { mode: "passive", storage: null } as never),
).driver.keys.fingerprint();

/** Returns a snapshot with a list of features. */
function snapshot(list: string): string {
  const head = {
    format: "featurehub-snapshot/1",
    savedAt: new Date().toISOString(),
    kind: "client-evaluated",
    keys: FINGERPRINT,
    context: "0",
  };
  return `${JSON.stringify(head).slice(0, -1)},"environments":[{"id":"e","features":${list}}]}`;
}

const { used, engines, begin, end } = watchMemory();

/** Returns the text with elements, or with members that have such values, of about this size in place of `%`. */
function filled(text: string, element: string, size: number): string {
  const [part, place] = text.includes("%:") ? [`"":${element}`, "%:"] : [element, "%"];
  const count = Math.floor(size / (part.length + 1));
  return text.replace(place, Array<string>(count).fill(part).join(","));
}

/** Passes a long list to a client or to `Ruleset.compile`, and prints a line with the memory, in which that of the engine counts. */
async function runLong(list: () => string): Promise<never> {
  const { pass } = DOORS["first list"]!;
  // The engine is loaded before the memory is counted.
  const isRuleset = process.argv[3] === "ruleset";
  if (isRuleset) await Ruleset.compile("[]");
  else (await pass(new Edge(), ONE))!.close();
  const message = list();
  begin();
  let features: number;
  if (isRuleset) features = (await Ruleset.compile(message)).size;
  else {
    const client = (await pass(new Edge(), message))!;
    await client.ready();
    ({ features } = client.status);
  }
  console.log(JSON.stringify({ ...end(), features }));
  return process.exit(0);
}

/**
 * Returns the memory in use above `before`: the least of up to twenty measurements, each in a later task. What a callback of the collector or
 * another thread of Node refers to is free only then. What a client keeps is in all of them.
 */
async function heldAbove(before: number, served: number): Promise<number> {
  let held = Infinity;
  for (let count = 0; count < 20 && held > served; count++) {
    await turn();
    held = Math.min(held, used() - before);
  }
  return held;
}

/** Passes all messages, or those whose name begins with the argument of the program, and ends it. */
export async function run(): Promise<never> {
  const long = LONG_LISTS[process.argv[2] ?? ""];
  if (long) return runLong(long);
  for (const kib of [340, 2048, 5120]) {
    const size = kib * 1024;
    for (const [name, { texts, pass, kib: only }] of Object.entries(DOORS)) {
      if (only === undefined ? kib > 2048 : kib !== only) continue;
      for (const text of kib > 340 ? texts.slice(0, 2) : texts) {
        for (const element of ELEMENTS) {
          const what = `${name}, ${text} of ${element}, ${size} bytes`;
          if (!what.startsWith(process.argv[2] ?? "")) continue;
          console.log(JSON.stringify({ what }));
          const message = filled(text, element, size);
          const before = used();
          const client = await pass(new Edge(), message);
          const rules = client && partsOf(client).repository.live.rules;
          const served = [...(rules?.features() ?? [])].reduce((sum, { json }) => sum + json.length, 0);
          console.log(
            JSON.stringify({
              what,
              held: await heldAbove(before, served),
              served,
              engine: Math.max(0, ...engines()),
            }),
          );
          client?.close();
        }
      }
    }
  }
  return process.exit(0);
}
