import { beforeEach, describe, expect, it, vi } from "vitest";

const FILE = new URL("https://static.example/lean.wasm");
const files = { IS_REQUESTED_EARLY: true, leanFile: () => FILE };
vi.mock("#lean-file", () => files);

/** Returns the functions of a new realm. */
async function realm(
  isPage: boolean,
  answer: () => Promise<Response>,
): Promise<typeof import("../../src/engine/request.ts") & { fetched: ReturnType<typeof vi.fn> }> {
  files.IS_REQUESTED_EARLY = isPage;
  vi.resetModules();
  const fetched = vi.fn(answer);
  vi.stubGlobal("fetch", fetched);
  return { ...(await import("../../src/engine/request.ts")), fetched };
}

beforeEach(() => () => {
  vi.unstubAllGlobals();
});

describe("the early request of the lean engine", () => {
  it("is sent once in a page, and its response has one owner", async () => {
    const response = new Response();
    const { requestEngine, BUNDLED, fetched } = await realm(true, () => Promise.resolve(response));
    expect(BUNDLED.takeResponse?.()).toBeUndefined();
    requestEngine("sha256-x");
    requestEngine(undefined);
    expect(await BUNDLED.takeResponse?.()).toBe(response);
    expect(BUNDLED.takeResponse?.()).toBeUndefined();
    // A failed load requests the module itself when it tries again.
    requestEngine(undefined);
    expect(fetched.mock.calls).toEqual([[FILE, { integrity: "sha256-x" }]]);
  });

  it("is not sent in Node, which reads a file", async () => {
    const { requestEngine, BUNDLED, fetched } = await realm(false, () => Promise.resolve(new Response()));
    requestEngine(undefined);
    expect(BUNDLED.takeResponse?.()).toBeUndefined();
    expect(fetched).not.toHaveBeenCalled();
  });

  it("may fail before the engine is loaded, which then reports the failure", async () => {
    const { requestEngine, BUNDLED } = await realm(true, () => Promise.reject(new TypeError("no route")));
    requestEngine(undefined);
    // A rejection without a handler would fail this test.
    await new Promise(setImmediate);
    await expect(BUNDLED.takeResponse?.()).rejects.toThrow("no route");
  });
});
