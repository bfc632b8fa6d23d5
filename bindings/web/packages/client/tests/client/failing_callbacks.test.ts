import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Client, type ClientOptions, type Notice, storedSession } from "../../src/index.ts";
import { eventually } from "../eventually.ts";
import { bundled } from "./bundled.ts";
import { CLIENT_KEY, feature, list, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

/** The ways in which a function of a program fails. */
const FORMS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error("the program's");
  },
  "throws an object without a text": () => {
    throw Object.create(null) as Error;
  },
  rejects: () => Promise.reject(new Error("the program's")),
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  "rejects without a reason": () => Promise.reject(),
  "never settles": () => new Promise(() => undefined),
};

/** A function or an object of a program, which a client gets in its options or later. */
interface Part {
  readonly options?: (fail: () => never) => ClientOptions;
  readonly use?: (client: Client, fail: () => never) => unknown;
  /** The counter of failures. Without one, a failure is a notice only. */
  readonly counter?: "listenerPanics" | "observerPanics" | "interceptorPanics";
  /** The notice of a failure. */
  readonly notice?: Notice["kind"];
}

const listener = { counter: "listenerPanics", notice: "callback_threw" } as const;
const observer = { counter: "observerPanics", notice: "callback_threw" } as const;
const interceptor = { counter: "interceptorPanics", notice: "interceptor_panicked" } as const;
const storage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
const none = (): undefined => undefined;

/** Causes a notice. */
function wrongContext(client: Client): void {
  client.context({ plan: new Date(NaN) });
}

const PARTS: Readonly<Record<string, Part>> = {
  "the option onNotice": { ...listener, options: (onNotice) => ({ onNotice }), use: wrongContext },
  "the option onReadiness": { ...listener, options: (onReadiness) => ({ onReadiness }) },
  "the option onStatus": { ...listener, options: (onStatus) => ({ onStatus }) },
  onNotice: {
    ...listener,
    use: (client, fail) => {
      client.onNotice(fail);
      wrongContext(client);
    },
  },
  onReadiness: { ...listener, use: (client, fail) => client.onReadiness(fail) },
  onReady: { ...listener, use: (client, fail) => client.onReady(fail) },
  onStatus: { ...listener, use: (client, fail) => client.onStatus(fail) },
  onNewState: { ...listener, use: (client, fail) => client.onNewState(fail) },
  onRaw: { ...listener, use: (client, fail) => client.onRaw(fail) },
  onGeneration: { ...listener, use: (client, fail) => client.onGeneration(fail) },
  onChange: { ...listener, use: (client, fail) => client.onChange("COLOUR", fail) },
  "onChange of a context": {
    ...listener,
    use: (client, fail) => client.context({}).onChange("COLOUR", fail),
  },
  "onChange of a handle": { ...listener, use: (client, fail) => client.feature("COLOUR").onChange(fail) },
  clock: { ...listener, options: (clock) => ({ clock }), use: (client) => client.observe({ observe: none }) },
  observe: { ...observer, use: (client, fail) => client.observe({ observe: fail }) },
  "observe, inline": {
    ...observer,
    use: (client, fail) => client.observe({ dispatch: "inline", observe: fail }),
  },
  observeBatch: {
    ...observer,
    use: (client, fail) => client.observe({ dispatch: "batched", observeBatch: fail }),
  },
  summary: { ...observer, use: (client, fail) => client.observe({ dispatch: {}, summary: fail }) },
  "flush of an observer": { ...observer, use: (client, fail) => client.observe({ flush: fail }) },
  "close of an observer": {
    ...observer,
    use: (client, fail) => {
      client.observe({ close: fail }).unsubscribe();
    },
  },
  "an observer of the options": {
    ...observer,
    options: (observe) => ({ observers: [{ observer: { observe } }] }),
  },
  intercept: { ...interceptor, use: (client, fail) => client.intercept({ name: "its", intercept: fail }) },
  "an interceptor of the options": {
    ...interceptor,
    options: (intercept) => ({ interceptors: [{ interceptor: { name: "its", intercept } }] }),
  },
  registered: {
    ...interceptor,
    use: (client, registered) => client.intercept({ name: "its", intercept: none, registered }),
  },
  "close of an interceptor": {
    ...interceptor,
    use: (client, close) => {
      client.intercept({ name: "its", intercept: none, close }).unsubscribe();
    },
  },
  getItem: { notice: "store_ignored", options: (getItem) => ({ storage: { ...storage, getItem } }) },
  setItem: { notice: "store_ignored", options: (setItem) => ({ storage: { ...storage, setItem } }) },
  removeItem: {
    notice: "store_ignored",
    options: (removeItem) => ({ storage: { ...storage, removeItem } }),
    use: (client) => client.setStorage(null),
  },
  "the storage of storedSession": {
    use: (_, fail) => {
      expect(storedSession({ getItem: fail, setItem: fail })).toMatch(/^[\da-f]{32}$/);
    },
  },
};

let edge: ScriptedEdge;
/** The reasons of rejections without a handler, which end a program in Node. */
let unhandled: unknown[];
const collect = (reason: unknown): void => {
  unhandled.push(reason);
};

beforeEach(async () => {
  [edge, unhandled] = [await ScriptedEdge.start(), []];
  process.on("unhandledRejection", collect);
});
afterEach(async () => {
  process.off("unhandledRejection", collect);
  vi.useRealTimers();
  await edge[Symbol.asyncDispose]();
});

/** Waits until Node has reported all rejections without a handler. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
}

describe.each(Object.entries(FORMS))("a function that %s", (form, act) => {
  const isFailure = form !== "never settles";

  test.each(Object.entries(PARTS))(
    "is no harm as %s, and each failure is counted or reported",
    async (_, part) => {
      // A storage that does not answer is a failure after a while. The timers of sockets are not faked.
      if (!isFailure) vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      let calls = 0;
      const fail = (): never => {
        calls++;
        return act() as never;
      };
      const notices: string[] = [];
      const onNotice = ({ kind }: Notice): unknown => notices.push(kind);
      const options = part.options?.(fail);
      const limits = { idle: 1e6 };
      const client = new Client(edge.url, SERVER_KEY, { storage: null, limits, onNotice, ...options });
      if (options?.onNotice) client.onNotice(onNotice);
      const { response } = await edge.stream(feature("COLOUR", "red"));
      await client.ready();
      void part.use?.(client, fail);
      let version = 1;
      const isReported = isFailure || part.notice === "store_ignored";
      await eventually(() => {
        response.write(`event: feature\ndata: ${feature("COLOUR", `${++version}`, version)}\n\n`);
        client.string("COLOUR");
        client.flush();
        if (!isFailure) vi.advanceTimersByTime(10_000);
        expect(calls).toBeGreaterThan(0);
        if (part.notice && isReported) expect(notices).toContain(part.notice);
      });
      await client.statusWhen(() => client.string("COLOUR") === `${version}`);
      await settled();
      if (part.counter) expect(client.status.counters[part.counter]).toBe(isFailure ? calls : 0);
      // Each kind of failure is reported once.
      expect(notices.filter((kind) => kind === part.notice)).toHaveLength(part.notice && isReported ? 1 : 0);
      client.close();
      await client.closed();
      await settled();
      expect(unhandled).toEqual([]);
    },
  );

  test("is tried again as fetch", async () => {
    let calls = 0;
    const answer = (): Promise<Response> => {
      const headers = { "content-type": "text/event-stream" };
      return Promise.resolve(new Response(list(feature("COLOUR", "red")), { headers }));
    };
    using client = new Client("http://edge.invalid", SERVER_KEY, {
      fetch: () => (++calls <= 2 ? (act() as never) : answer()),
      storage: null,
      limits: { head: 0.05 },
      backoff: { initial: 0.01, cap: 0.01, jitter: 0 },
      pace: 0.01,
    });
    await client.ready();
    expect([client.string("COLOUR"), calls >= 3]).toEqual(["red", true]);
    await settled();
    expect(unhandled).toEqual([]);
  });

  test.runIf(isFailure)("ends the wait of which it is the condition", async () => {
    using client = new Client(edge.url, SERVER_KEY, { storage: null });
    const outcome = client.statusWhen(act as () => boolean).then(
      () => "fulfilled",
      () => "rejected",
    );
    expect(await outcome).toBe("rejected");
    await settled();
    expect(unhandled).toEqual([]);
  });

  test("fails a test update as fetch, within the time limit", async () => {
    using client = new Client(edge.url, SERVER_KEY, {
      fetch: (url, init) => (init?.method === "PUT" ? (act() as never) : fetch(url, init)),
      storage: null,
      limits: { poll: 0.05 },
    });
    const update = client.testUpdates().set("COLOUR", { value: "blue" });
    await expect(update).rejects.toMatchObject({
      problem: { code: isFailure ? "unreachable" : "timed_out" },
    });
  });
});

describe.each([
  ["server-evaluated", SERVER_KEY],
  ["client-evaluated", CLIENT_KEY],
])("a client with a %s key", (_, key) => {
  test.each([
    ["engine", "rejected"],
    ["engine", "pending"],
    ["fullEngine", "rejected"],
    ["hydrate", "rejected"],
    ["hydrate", "pending"],
  ] as const)("may get as %s a promise that is %s", async (option, state) => {
    const notices: string[] = [];
    const value =
      state === "pending" ? new Promise(() => undefined) : Promise.reject(new Error("the program's"));
    const client = new Client(edge.url, key, {
      storage: null,
      onNotice: ({ kind }) => notices.push(kind),
      [option]: value,
    });
    await edge.stream(feature("COLOUR", "red"));
    await client.statusWhen(({ connection }) => connection === "streaming");
    if (key === CLIENT_KEY && option === "engine" && state === "rejected")
      await client.statusWhen(({ problem }) => problem?.code === "engine");
    if (key === SERVER_KEY) await client.ready();
    await settled();
    expect(notices).toEqual(option === "hydrate" ? ["store_ignored"] : []);
    client.close();
    await client.closed();
    expect(unhandled).toEqual([]);
  });
});

test("a program goes on after the failures of its asynchronous callbacks and of its storage", async () => {
  const program = await bundled(`
    import { Client } from "fh-client";
    const reject = async () => { throw new Error("the program's"); };
    const kinds = new Set();
    const client = new Client("http://127.0.0.1:1", "environment/secret", {
      storage: { getItem: reject, setItem: reject, removeItem: reject },
      onNotice: ({ kind }) => kinds.add(kind),
    });
    client.onChange("COLOUR", reject);
    client.observe({ dispatch: "inline", observe: reject });
    client.offerFeatures("test", "environment", '[{"id":"1","key":"COLOUR","type":"STRING","version":1,"value":"red"}]');
    client.string("COLOUR");
    client.intercept({ name: "its", intercept: reject });
    client.string("COLOUR");
    setTimeout(async () => {
      await client.setStorage(null);
      const { listenerPanics, observerPanics, interceptorPanics } = client.status.counters;
      console.log([...kinds].sort().join(), listenerPanics > 0, observerPanics > 0, interceptorPanics > 0);
      process.exit();
    });
  `);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    expect(stdout).toBe(
      "callback_threw,interceptor_panicked,override_refused,store_ignored true true true\n",
    );
  } finally {
    await rm(dirname(program), { recursive: true });
  }
});
