/** The client in pages of servers that pass requests to the Edge and compress responses, with `fh serve`, in Chromium. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Client } from "../../packages/client/src/index.ts";
import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";
import { describeServe, Served, SERVER_KEY, state } from "../../packages/client/tests/client/serve.ts";
import { Listening } from "./listening.ts";
import { project, removeProjects, write } from "./project.ts";
import { Tarball } from "./tarball.ts";

const [client, react] = Tarball.all();
removeProjects();

/** What the script of the page defines. */
interface Page {
  fh: { Client: typeof Client };
  client: Client;
}

/** Makes a project with a page. */
async function withPage(name: string, ...packages: readonly Tarball[]): Promise<string> {
  const folder = await project(name, ...packages);
  mkdirSync(join(folder, "public"), { recursive: true });
  write(folder, { "public/page.html": "<!doctype html><title>proxies</title>" });
  return folder;
}

/** Starts the development server of Next, whose rewrites pass requests to the Edge. */
async function next(edge: string): Promise<Listening> {
  const folder = await withPage("next-16", client!, react!);
  const rewrite = { source: "/features/:path*", destination: `${edge}/features/:path*` };
  write(folder, {
    "next.config.mjs": `export default { rewrites: () => Promise.resolve([${JSON.stringify(rewrite)}]) };`,
  });
  const program = join(folder, "node_modules/next/dist/bin/next");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "development" as const };
  return Listening.start([program, "dev", "-H", "127.0.0.1", "-p", "0"], { cwd: folder, env });
}

/** Starts one of the servers of the project `proxies`. */
async function serve(kind: "express" | "webpack", edge: string): Promise<Listening> {
  return Listening.start(["serve.mjs", kind, edge], { cwd: await withPage("proxies") });
}

describeServe("a page receives features and changes", () => {
  let browser: Browser;
  let script: string;
  beforeAll(async () => {
    const entry = join(client!.folder, client!.exports.find(([path]) => path === ".")![1]["default"]!);
    const settings = { format: "iife", globalName: "fh", logLevel: "error" } as const;
    const [built] = await Promise.all([
      build({ entryPoints: [entry], bundle: true, write: false, platform: "browser", ...settings }),
      startBrowser().then((started) => (browser = started)),
    ]);
    script = built.outputFiles[0]!.text;
  });
  afterAll(() => browser.close());

  test.concurrent.each([
    ["the rewrites of Next", next],
    ["webpack-dev-server", (edge: string) => serve("webpack", edge)],
    ["Express with compression", (edge: string) => serve("express", edge)],
  ])("by a stream through %s", async (_, start) => {
    await using served = await Served.start();
    await using proxy = await start(served.url);
    const page = await browser.newPage();
    await page.goto(`${proxy.url}/page.html`);
    await page.addScriptTag({ content: script });
    await page.evaluate((key) => {
      const page = globalThis as unknown as Page;
      page.client = new page.fh.Client(location.origin, key);
    }, SERVER_KEY);
    for (const colour of ["red", "green"]) {
      await served.change(state(colour));
      // The limit of Playwright is below the time at which a client polls because its stream was held back.
      await page.waitForFunction(
        (colour) => (globalThis as unknown as Page).client.string("COLOUR", "") === colour,
        colour,
      );
    }
    const connection = await page.evaluate(() => (globalThis as unknown as Page).client.status.connection);
    expect(connection).toBe("streaming");
    await page.close();
  });
});
