import { describe, expect, test } from "vitest";

import { CLIENT_KEY, feature, SERVER_KEY } from "../client/scripted_edge.ts";
import { Fixture } from "./fixture.ts";

const chromium = Fixture.register();
/** Returns true for the files of the engine: the modules, their JavaScript, and the part of the client that starts them. */
const isEngine = (path: string): boolean => /\.wasm$|^\/(?:start|lean|full)-/.test(path);
const LEAN = "/wasm/lean.wasm";

describe("the engine", () => {
  test("is requested once, beside its own JavaScript", async () => {
    const { site, page } = chromium;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const held = new Promise<void>((resolve) => {
      void page.route(/\/lean-[^/]*\.js$/, async (route) => {
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

  describe("for regular expressions", () => {
    const FULL = "/wasm/full.wasm";
    const attributes = [{ fieldName: "userkey", type: "STRING", conditional: "REGEX", values: ["^ma.a$"] }];
    const strategies = [{ id: "s", value: "blue", attributes }];
    const withPattern = (version: number): string => feature("COLOUR", "red", version, { strategies });
    const isBlueForMara = async (): Promise<void> => {
      const read = (): string | undefined => tab.client.context({ userkey: "mara" }).string("COLOUR");
      await expect.poll(async () => chromium.page.evaluate(read)).toBe("blue");
    };
    const modules = (): string[] => chromium.site.requested.filter((path) => path.endsWith(".wasm"));

    test("is loaded alone, where a feature has a pattern before the JavaScript of the engine has come", async () => {
      const { edge, page } = chromium;
      edge.set(withPattern(1));
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      await page.route(/\/start-[^/]*\.js$/, async (route) => {
        await released;
        await route.continue();
      });
      await chromium.start({}, CLIENT_KEY);
      await page.waitForFunction(() => tab.client.status.sinceContact !== undefined);
      release();
      await isBlueForMara();
      expect(modules()).toEqual([FULL]);
    });

    test("is loaded after the small one, where an update has a pattern", async () => {
      await chromium.start({}, CLIENT_KEY);
      await chromium.colour("red");
      chromium.edge.update(withPattern(2));
      await isBlueForMara();
      expect(modules()).toEqual([LEAN, FULL]);
    });
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
