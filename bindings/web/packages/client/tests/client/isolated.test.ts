import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { Client, type ClientOptions, type Interceptor, type Observer } from "../../src/index.ts";
import { Client as NodeClient, snapshotFile } from "../../src/node/index.ts";
import { becomes } from "../eventually.ts";
import { CLIENT_KEY, describeServe, Served, SERVER_KEY } from "./serve.ts";
import { Texts } from "./texts.ts";

const [FRED, MARA] = [{ userkey: "fred" }, { userkey: "mara" }];

/** An observer and an interceptor with private members, of which a test sees the calls. */
class Handler implements Observer, Interceptor {
  readonly dispatch = "inline";
  readonly name = "handler";
  readonly #calls: string[] = [];
  get calls(): readonly string[] {
    return this.#calls;
  }
  observe(): void {
    this.#calls.push("observe");
  }
  intercept({ key }: { readonly key: string }): string | undefined {
    return key === "OVERRIDDEN" ? `override ${this.#calls.length}` : undefined;
  }
  close(): void {
    this.#calls.push("close");
  }
}

describeServe("an isolated client", () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  /** Starts a client for `fred`, and waits until it is ready. */
  async function ready(options: ClientOptions = {}): Promise<Client> {
    const client = new Client(served.url, SERVER_KEY, { context: FRED, ...options });
    await client.ready();
    return client;
  }

  test("has the values of its context, while the first client keeps those of its own", async () => {
    using client = await ready();
    const seen: unknown[] = [];
    client.onChange("COLOUR", (change) => seen.push(change));
    client.onReadiness(({ readiness }) => seen.push(readiness));
    await Promise.resolve();
    const isolated = client.isolated(MARA);
    await isolated.ready();
    expect([isolated.string("COLOUR"), isolated.context(MARA).string("COLOUR")]).toEqual(["blue", "blue"]);
    expect(isolated.context(FRED).detail("COLOUR").reason).toBe("OTHER_CONTEXT");
    expect([client.string("COLOUR"), client.context(FRED).string("COLOUR")]).toEqual(["red", "red"]);
    expect(client.context(MARA).detail("COLOUR").reason).toBe("OTHER_CONTEXT");
    isolated.close();
    await isolated.closed();
    expect([isolated.readiness, client.readiness, client.status.connection]).toEqual([
      ...["CLOSED", "READY", "streaming"],
    ]);
    // The stream of the first client still answers.
    expect(await client.refresh()).toBe("READY");
    expect([client.string("COLOUR"), seen]).toEqual(["red", ["READY"]]);
  });

  test("dehydrates the values of its context for a page, with the keys that the first client has at present", async () => {
    using client = new Client(served.url, "8b4a9dae-538d-4d9d-8f62-b7dd49d07d03/unknown-secret", {
      onNotice: () => undefined,
      backoffWhenRefused: { initial: 600, cap: 600 },
    });
    await client.statusWhen(({ readiness }) => readiness === "FAILED");
    await client.setApiKeys(SERVER_KEY);
    using isolated = client.isolated(MARA);
    await isolated.ready();
    using page = Client.offline({ hydrate: isolated.context(MARA).dehydrate() });
    expect(page.context(MARA).detail("COLOUR")).toMatchObject({ value: "blue", strategyId: "mara" });
    expect(page.context(FRED).detail("COLOUR").reason).toBe("NOT_READY");
  });

  test("of a client-evaluated key evaluates for its context", async () => {
    using client = new Client(served.url, CLIENT_KEY);
    using isolated = client.isolated(MARA);
    await isolated.ready();
    expect(isolated.context(MARA).string("COLOUR")).toBe("blue");
  });

  test("uses the observers and interceptors of the options, and does not close them", async () => {
    const [handler, other] = [new Handler(), new Handler()];
    const client = await ready({
      interceptors: [{ interceptor: handler }],
      observers: [{ observer: handler }],
    });
    client.observe(other);
    const isolated = client.isolated(MARA);
    await isolated.ready();
    isolated.flush();
    const before = handler.calls.length;
    expect(isolated.detail("COLOUR").value).toBe("blue");
    expect(isolated.detail("OVERRIDDEN")).toMatchObject({
      value: `override ${before + 1}`,
      interceptor: "handler",
    });
    isolated.close();
    await isolated.closed();
    expect(handler.calls.slice(before)).toEqual(["observe"]);
    client.close();
    await client.closed();
    expect(handler.calls.slice(before)).toEqual(["observe", "close", "close"]);
    expect(other.calls).not.toContain("observe");
  });

  test("has none of the listeners, and neither the storage nor the snapshot file of the first client", async () => {
    const storage = new Texts();
    const { entries } = storage;
    const reads = vi.spyOn(storage, "getItem");
    const folder = mkdtempSync(join(tmpdir(), "fh-client-"));
    const path = join(folder, "features.json");
    const seen: unknown[] = [];
    const client = new NodeClient(served.url, SERVER_KEY, {
      ...{ context: FRED, storage, snapshotFile: snapshotFile(path) },
      onReadiness: ({ readiness }) => seen.push(readiness),
      onStatus: ({ readiness }) => seen.push(readiness),
    });
    try {
      await client.ready();
      // The entry of the features, and the list of the entries.
      await becomes(() => [existsSync(path), entries.size], [true, 2]);
      const before = [readFileSync(path, "utf8"), ...entries.keys()];
      const [count, former] = [seen.length, reads.mock.calls.length];
      const isolated = client.isolated(MARA);
      await isolated.ready();
      isolated.close();
      await isolated.closed();
      expect([seen.slice(count), reads.mock.calls.length]).toEqual([[], former]);
      expect([readFileSync(path, "utf8"), ...entries.keys()]).toEqual(before);
    } finally {
      client.close();
      rmSync(folder, { recursive: true });
    }
  });
});
