import { describe, expect, test, vi } from "vitest";

import { type ClientOptions, type Interceptor, noticeText } from "../../src/index.ts";
import { offline } from "./offline.ts";
import { feature } from "./scripted_edge.ts";

describe("listeners", () => {
  test("of notices replace the warning, of which there is one for each kind", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const notices: string[] = [];
    const broken = (options: ClientOptions): void => {
      const client = offline([], options);
      client.offerFeatures("test", "environment", "{");
      client.offerFeatures("test", "environment", "{");
    };
    broken({ onNotice: (notice) => notices.push(noticeText(notice)) });
    await Promise.resolve();
    expect([notices.length, warn.mock.calls.length]).toEqual([2, 0]);
    broken({});
    await Promise.resolve();
    const source = { kind: "store", name: "test" };
    expect(warn.mock.calls).toEqual([
      ["fh-client:", { kind: "store_ignored", source, why: "the text is not JSON" }],
    ]);
    warn.mockRestore();
  });
});

test("a block of `using` closes the client", async () => {
  const client = offline([feature("COLOUR", "red")]);
  {
    await using inBlock = client;
    expect(inBlock.isReady).toBe(true);
  }
  expect(client.readiness).toBe("CLOSED");
  await client.closed();
});

test("closing closes interceptors and observers once", async () => {
  const closed: string[] = [];
  const close = (name: string) => () => void closed.push(name);
  const interceptor: Interceptor = { name: "test", intercept: () => "blue", close: close("interceptor") };
  const observer = { observe: () => undefined, close: close("observer") };
  const client = offline([feature("COLOUR", "red")], {
    interceptors: [{ interceptor }],
    observers: [{ observer }],
  });
  client.close();
  client.close();
  await client.closed();
  expect(closed.sort()).toEqual(["interceptor", "observer"]);
  expect(client.string("COLOUR")).toBe("blue");
});
