/**
 * Applications of Next with the App Router, in new projects from the tarballs, with `fh serve`, in Chromium: one of Next 14, whose server
 * component alone shows a feature, and one of Next 16 with the settings of its template and without. The latter has a server component, a
 * client component and a route of the edge runtime.
 */

import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";
import {
  CLIENT_KEY,
  describeServe,
  Served,
  SERVER_KEY,
  state,
} from "../../packages/client/tests/client/serve.ts";
import { Listening } from "./listening.ts";
import { project, removeProjects, write } from "./project.ts";
import { Tarball } from "./tarball.ts";

const [client, react] = Tarball.all();
if (client === undefined || react === undefined) throw new Error("a tarball is missing");
removeProjects();

/** The settings of a new application, as `create-next-app` writes them. Cache Components allows no route of the edge runtime. */
const TEMPLATE = "export default { cacheComponents: true, partialPrefetching: true };\n";

describeServe.each([
  { name: "Next 14", from: "next-14", hasClientComponents: false },
  { name: "Next 16", from: "next-16", hasEdgeRoute: true },
  { name: "Next 16 with Cache Components", from: "next-16", template: TEMPLATE },
])("an application of $name", ({ from, template, hasClientComponents = true, hasEdgeRoute = false }) => {
  let served: Served;
  let browser: Browser;
  let next: Listening | undefined;
  let built: string;
  let url: string;
  let start: (mode?: string) => Promise<void>;

  beforeAll(async () => {
    let folder: string;
    [folder, served, browser] = await Promise.all([
      project(from, client, react),
      Served.start(),
      startBrowser(),
    ]);
    if (template !== undefined) {
      write(folder, { "next.config.mjs": template });
      rmSync(join(folder, "app/edge"), { recursive: true });
    }
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", EDGE: served.url, CLIENT_KEY, SERVER_KEY };
    const program = join(folder, "node_modules/next/dist/bin/next");
    // Vitest sets NODE_ENV to "test", which Next does not build for.
    const settings = { cwd: folder, env: { ...env, NODE_ENV: "production" as const } };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, "build"], settings);
    built = stdout + stderr;
    start = async (mode) => {
      await next?.[Symbol.asyncDispose]();
      next = await Listening.start([program, "start", "-H", "127.0.0.1", "-p", "0"], {
        ...settings,
        env: { ...settings.env, CLIENT_MODE: mode },
      });
      url = next.url;
    };
    await start();
  });
  afterAll(async () => {
    await Promise.all([browser.close(), served[Symbol.asyncDispose](), next?.[Symbol.asyncDispose]()]);
  });

  /** Returns the texts of the server component and of the client component in the HTML of a page. */
  async function texts(query: string): Promise<readonly string[]> {
    const html = await (await fetch(`${url}/?${query}`)).text();
    return [...html.matchAll(/<p id="\w+">(\w+)<\/p>/g)].map(([, text = ""]) => text);
  }

  test("has the values of the Edge in its first page, and after each start", async () => {
    const server = async () => (await texts("user=fred&key=CLIENT_KEY"))[0];
    expect(await server()).toBe("red");
    await start("polling");
    expect(await server()).toBe("red");
    await served.change(state("orange"));
    await start("polling");
    expect(await server()).toBe("orange");
    await start();
  });

  /** Waits until the client of the server has a change. */
  const untilHtmlHas = (colour: string) =>
    expect.poll(() => texts("user=fred&key=CLIENT_KEY"), { timeout: 60_000 }).toEqual([colour, colour]);

  test("is built without a message on the packages or on WebAssembly", () => {
    expect(built).toContain("Compiled successfully");
    expect(built).not.toMatch(/fh-|WebAssembly|Dynamic Code Evaluation/);
  });

  describe.runIf(hasClientComponents).each(["CLIENT_KEY", "SERVER_KEY"])("with the %s in the page", (key) => {
    beforeEach(async () => {
      await served.change(state());
      await untilHtmlHas("red");
    });

    test("has the values of its user in its HTML", async () => {
      expect(await texts(`user=fred&key=${key}`)).toEqual(["red", "red"]);
      expect(await texts(`user=mara&key=${key}`)).toEqual(["blue", "blue"]);
    });

    test("is hydrated without a message, and follows a change of the Edge", async () => {
      const page = await browser.newPage();
      const messages: string[] = [];
      const engines: string[] = [];
      page.on("console", (message) => messages.push(message.text()));
      page.on("pageerror", (error) => messages.push(error.message));
      page.on("request", (request) => {
        if (request.url().includes(".wasm")) engines.push(request.url());
      });
      await page.addInitScript(() => {
        const shown: string[] = [];
        Object.assign(globalThis, { shown });
        new MutationObserver(() => {
          const text = document.getElementById("client")?.textContent;
          if (text && text !== shown.at(-1)) shown.push(text);
        }).observe(document, { subtree: true, childList: true, characterData: true });
      });
      const connected = page.waitForResponse((response) => response.url().startsWith(served.url));
      await page.goto(`${url}/?user=fred&key=${key}`);
      await connected;
      await served.change(state("green"));
      await page.waitForFunction(() => document.getElementById("client")?.textContent === "green");
      const shown = await page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);
      expect({ shown, messages }).toEqual({ shown: ["red", "green"], messages: [] });
      expect(engines).toEqual(key === "CLIENT_KEY" ? [expect.stringMatching(/lean\..*\.wasm/)] : []);
      await untilHtmlHas("green");
      await page.close();
    });
  });

  test.runIf(hasEdgeRoute).each(["CLIENT_KEY", "SERVER_KEY"])(
    "has the value in a route of the edge runtime with the %s",
    async (key) => {
      expect(await (await fetch(`${url}/edge?key=${key}`)).text()).toBe("blue");
    },
  );
});
