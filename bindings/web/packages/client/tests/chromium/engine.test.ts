import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";

import { CLIENT_KEY, feature, SERVER_KEY } from "../client/scripted_edge.ts";
import { Fixture } from "./fixture.ts";
import { engine } from "./site.ts";

const chromium = Fixture.register();
/** Returns true for the files of the engine: the modules, their JavaScript, and the part of the client that starts them. */
const isEngine = (path: string): boolean =>
  /\.wasm$|^\/(?:engine|engine_start|start|load|lean|full)-/.test(path);
const LEAN = "/wasm/lean.wasm";

describe("the engine", () => {
  test("that arrives late delays features, not requests", async () => {
    const { site, edge, page } = chromium;
    let release: (response: ServerResponse) => void = () => undefined;
    const requested = new Promise<ServerResponse>((resolve) => (release = resolve));
    site.answers.set(LEAN, (response) => {
      release(response);
    });
    await chromium.start({}, CLIENT_KEY);
    const response = await requested;
    await page.waitForFunction(() => tab.client.status.sinceContact !== undefined);
    expect(await page.evaluate(() => [tab.client.readiness, tab.client.status.features])).toEqual([
      "NOT_READY",
      0,
    ]);
    expect(edge.requests).toHaveLength(1);
    response.writeHead(200, { "content-type": "application/wasm" }).end(await engine(LEAN));
    await chromium.colour("red");
  });

  test("is requested once, beside the JavaScript that loads it", async () => {
    const { site, page } = chromium;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const held = new Promise<void>((resolve) => {
      void page.route(/\/(?:engine_start|lean)-[^/]*\.js$/, async (route) => {
        resolve();
        await released;
        await route.continue();
      });
    });
    await chromium.start({}, CLIENT_KEY);
    await held;
    await expect.poll(() => site.requested.includes(LEAN)).toBe(true);
    release();
    await chromium.colour("red");
    expect(site.requested.filter((path) => path.endsWith(".wasm"))).toEqual([LEAN]);
  });

  test("with a wrong content type is compiled nevertheless", async () => {
    const { site } = chromium;
    const bytes = await engine(LEAN);
    site.answers.set(LEAN, (response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
    });
    await chromium.start({}, CLIENT_KEY);
    await chromium.colour("red");
  });

  test("that is missing is a problem with its URL, and is loaded again", async () => {
    const { site } = chromium;
    site.answers.set(LEAN, (response) => {
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>not found</h1>");
    });
    await chromium.start({}, CLIENT_KEY);
    expect(await chromium.problem("engine")).toContain(`${site.url}${LEAN}: the server answered 404`);
    site.answers.clear();
    await chromium.colour("red");
    expect(await chromium.page.evaluate(() => tab.client.status.problem)).toBeUndefined();
  });

  test("in whose place the server answers a page is a problem with the line to add", async () => {
    chromium.site.answers.set(LEAN, (response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
    });
    await chromium.start({}, CLIENT_KEY);
    expect(await chromium.problem("engine")).toContain('optimizeDeps: { exclude: ["fh-client"] }');
  });

  test("for regular expressions is loaded when a rule needs it", async () => {
    const { site, edge, page } = chromium;
    const attributes = [{ fieldName: "userkey", type: "STRING", conditional: "REGEX", values: ["^ma.a$"] }];
    const strategies = [{ id: "s", value: "blue", attributes }];
    edge.set(JSON.stringify({ ...(JSON.parse(feature("COLOUR", "red")) as object), strategies }));
    await chromium.start({}, CLIENT_KEY);
    await chromium.colour("red");
    expect(await page.evaluate(() => tab.client.context({ userkey: "mara" }).string("COLOUR"))).toBe("blue");
    expect(site.requested.filter((path) => path.endsWith(".wasm"))).toEqual([LEAN, "/wasm/full.wasm"]);
    expect(site.requested.filter(isEngine).length).toBeGreaterThan(2);
  });

  test("is never requested with a server-evaluated key", async () => {
    const { site, edge } = chromium;
    await chromium.start({}, SERVER_KEY);
    await chromium.colour("red");
    edge.update(feature("COLOUR", "blue", 2));
    await chromium.colour("blue");
    expect(site.requested.filter(isEngine)).toEqual([]);
  });
});

describe("a content security policy", () => {
  /** Opens a page with the policy, which may need one more source of scripts. */
  async function openWith(source = ""): Promise<void> {
    const { site, edge, page } = chromium;
    const policy = [
      "default-src 'none'",
      `script-src 'self'${source}`,
      `connect-src 'self' ${edge.url}`,
      "require-trusted-types-for 'script'",
    ];
    site.pageHeaders = { "content-security-policy": policy.join("; ") };
    await page.goto(`${site.url}/`);
    await page.evaluate(() => {
      document.addEventListener("securitypolicyviolation", ({ blockedURI }) => tab.seen.push(blockedURI));
    });
  }

  test("without WebAssembly suffices for a server-evaluated key", async () => {
    await openWith();
    await chromium.start({}, SERVER_KEY);
    await chromium.colour("red");
    expect(await chromium.page.evaluate(() => tab.seen)).toEqual([]);
  });

  test("without WebAssembly is named in the problem of a client-evaluated key", async () => {
    await openWith();
    await chromium.start({}, CLIENT_KEY);
    const text = await chromium.problem("engine");
    expect(text).toContain("'wasm-unsafe-eval'");
    expect(text).toContain("server-evaluated key");
  });

  test("with 'wasm-unsafe-eval' suffices for a client-evaluated key", async () => {
    await openWith(" 'wasm-unsafe-eval'");
    await chromium.start({}, CLIENT_KEY);
    await chromium.colour("red");
    expect(await chromium.page.evaluate(() => tab.seen)).toEqual([]);
  });
});
