/**
 * An application of Next 16 with the App Router, in a new project from the tarballs: a server component, a client component and a route of
 * the edge runtime, with `fh serve`, in Chromium.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { startBrowser } from "../packages/client/tests/chromium/browser.ts";
import {
  CLIENT_KEY,
  describeServe,
  Served,
  SERVER_KEY,
  state,
} from "../packages/client/tests/client/serve.ts";
import { Listening } from "../packaging/tests/listening.ts";
import { project, removeProjects } from "../packaging/tests/project.ts";
import { Tarball } from "../packaging/tests/tarball.ts";

const [client, react] = Tarball.all();
if (client === undefined || react === undefined) throw new Error("a tarball is missing");
removeProjects();

describeServe("an application of Next", () => {
  let served: Served;
  let browser: Browser;
  let next: Listening | undefined;
  let built: string;
  let url: string;

  beforeAll(async () => {
    let folder: string;
    [folder, served, browser] = await Promise.all([
      project("next-16", client, react),
      Served.start(),
      startBrowser(),
    ]);
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", EDGE: served.url, CLIENT_KEY, SERVER_KEY };
    const program = join(folder, "node_modules/next/dist/bin/next");
    // Vitest sets NODE_ENV to "test", which Next does not build for.
    const settings = { cwd: folder, env: { ...env, NODE_ENV: "production" as const } };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, "build"], settings);
    built = stdout + stderr;
    next = await Listening.start([program, "start", "-H", "127.0.0.1", "-p", "0"], settings);
    url = next.url;
  });
  afterAll(async () => {
    await Promise.all([browser.close(), served[Symbol.asyncDispose](), next?.[Symbol.asyncDispose]()]);
  });

  /** Returns the texts of the server component and of the client component in the HTML of a page. */
  async function texts(query: string): Promise<readonly string[]> {
    const html = await (await fetch(`${url}/?${query}`)).text();
    return [...html.matchAll(/<p id="\w+">(\w+)<\/p>/g)].map(([, text = ""]) => text);
  }

  /** Waits until the client of the server has a change. */
  const untilHtmlHas = (colour: string) =>
    expect.poll(() => texts("user=fred&key=CLIENT_KEY"), { timeout: 60_000 }).toEqual([colour, colour]);

  test("is built without a message on the packages or on WebAssembly", () => {
    expect(built).toContain("Compiled successfully");
    expect(built).not.toMatch(/fh-|WebAssembly|Dynamic Code Evaluation/);
  });

  describe.each(["CLIENT_KEY", "SERVER_KEY"])("with the %s in the page", (key) => {
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

  test.each(["CLIENT_KEY", "SERVER_KEY"])(
    "has the value in a route of the edge runtime with the %s",
    async (key) => {
      expect(await (await fetch(`${url}/edge?key=${key}`)).text()).toBe("blue");
    },
  );
});
