import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";

import { compiled } from "../../src/engine/load.ts";

/** The smallest WebAssembly module. */
const EMPTY = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const URL_OF_MODULE = new URL("https://static.example/engine.wasm");

function response(body: BodyInit, type: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": type } });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("loading a module", () => {
  it("accepts each form of a module", async () => {
    const module = await WebAssembly.compile(EMPTY);
    expect(await compiled(module)).toBe(module);
    for (const source of [
      EMPTY,
      EMPTY.buffer,
      response(EMPTY, "application/wasm"),
      // Servers that do not know the type of WebAssembly.
      response(EMPTY, "application/octet-stream"),
      response(EMPTY, "text/html"),
      Promise.resolve(response(EMPTY, "")),
    ]) {
      expect(await compiled(source)).toBeInstanceOf(WebAssembly.Module);
    }
  });

  it("accepts a module of another realm, as Next gives it to programs of the edge runtime", async () => {
    const module = runInNewContext("new WebAssembly.Module(bytes)", { bytes: EMPTY }) as WebAssembly.Module;
    expect(module).not.toBeInstanceOf(WebAssembly.Module);
    expect(await compiled(module)).toBe(module);
    // The JavaScript of wasm-bindgen compiles anything else as bytes.
    expect(module).toBeInstanceOf(WebAssembly.Module);
  });

  it("requests a URL with the given integrity", async () => {
    const fetched = vi.fn(() => Promise.resolve(response(EMPTY, "application/wasm")));
    vi.stubGlobal("fetch", fetched);
    await compiled(URL_OF_MODULE, { integrity: "sha256-x" });
    await compiled(URL_OF_MODULE);
    expect(fetched.mock.calls).toEqual([
      [URL_OF_MODULE, { integrity: "sha256-x" }],
      [URL_OF_MODULE, {}],
    ]);
  });

  it("names the URL if the request fails", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no route")));
    await expect(compiled(URL_OF_MODULE)).rejects.toThrow(`${URL_OF_MODULE.href}: no route`);
  });

  it.each([
    [response("<!doctype html>", "text/html; charset=utf-8"), 'optimizeDeps: { exclude: ["fh-client"] }'],
    [response("nothing", "text/plain"), 'no WebAssembly module (content type "text/plain")'],
    [response(EMPTY, "application/wasm", 404), "the server answered 404"],
  ])("names the URL and the reason if the answer is no module", async (answer, reason) => {
    vi.stubGlobal("fetch", () => Promise.resolve(answer));
    const loading = compiled(URL_OF_MODULE);
    await expect(loading).rejects.toThrow(reason);
    await expect(loading).rejects.toThrow(URL_OF_MODULE.href);
  });

  it("names the URL if there is no answer", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no route")));
    await expect(compiled(URL_OF_MODULE)).rejects.toThrow(`${URL_OF_MODULE.href}: no route`);
  });
});
