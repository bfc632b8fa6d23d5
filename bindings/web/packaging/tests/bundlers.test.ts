import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import type { Browser } from "playwright-core";
import { type InlineConfig, preview } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";
import { describeServe, Served } from "../../packages/client/tests/client/serve.ts";
import { edgeScript, firstExample, project, removeProjects, withServerKey, write } from "./project.ts";
import { Tarball } from "./tarball.ts";

const run = promisify(execFile);
const [client, react, openfeature] = Tarball.all();
removeProjects();

/** The example of the README, which has a client-evaluated key. */
const EXAMPLE = firstExample(client!);
const OF_SERVER = withServerKey(EXAMPLE);

/**
 * A page with the examples of the READMEs of `fh-react` and `fh-openfeature`. It shows what the component renders once that is the value of
 * the rule.
 */
const COMPONENTS = `import { isNew } from "./openfeature";
import { start } from "./shop";

const root = document.body.appendChild(document.createElement("div"));
const observer = new MutationObserver(() => {
  if (!root.textContent?.includes("new")) return;
  observer.disconnect();
  console.log(isNew, root.innerHTML);
});
observer.observe(root, { childList: true, characterData: true, subtree: true });
start(root);
`;
/** A page that waits until its engine cannot be loaded, and shows the reason. */
const WITHOUT_ENGINE = `import { Client, problemText } from "fh-client";

const client = new Client("https://edge.example", "environment/key*");
const { problem } = await client.statusWhen(({ problem }) => problem?.code === "engine");
console.log(problem && problemText(problem));
client.close();
`;
/** The line that the development server of Vite 7 needs. */
const LINE = 'optimizeDeps: { exclude: ["fh-client"] }';

/** What a page did: the lines of its console, its errors, and the requested modules of the engine. */
class Visit {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly engines: string[] = [];
}

describeServe("the example of the README runs in Chromium", () => {
  let browser: Browser;
  let served: Served;
  const servers: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    [browser, served] = await Promise.all([startBrowser(), Served.start()]);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([served[Symbol.asyncDispose](), ...servers.map((server) => server.close())]);
  });

  /** Makes a project with the example for both kinds of keys, and a page for each. */
  async function bundled(
    name: string,
    ending: "js" | "ts",
    { served = `SCRIPT.${ending}`, head = "", as = 'type="module"', others = [] as readonly Tarball[] } = {},
  ): Promise<string> {
    const folder = await project(name, client!, ...others);
    for (const [page, script, text] of [
      ["index", "main", EXAMPLE],
      ["server", "server", OF_SERVER],
    ] as const) {
      const { code } = ending === "ts" ? { code: text } : await transform(text, { loader: "ts" });
      const html = `<!doctype html><title>${name}</title>${head}<script ${as} src="/${served.replace("SCRIPT", script)}"></script>`;
      write(folder, { [`${script}.${ending}`]: code, [`${page}.html`]: html });
    }
    return folder;
  }

  /** Serves the files of a folder, and returns the address. */
  async function files(folder: string, outDir = "."): Promise<string> {
    const server = await preview({
      ...{ root: folder, configFile: false, logLevel: "error", build: { outDir } },
      preview: { host: "127.0.0.1", port: 0 },
    });
    servers.push(server);
    return server.resolvedUrls!.local[0]!;
  }

  /** Starts the development server of the Vite in the project, with settings beside those of the project, and returns its address. */
  async function develop(folder: string, settings: InlineConfig = {}): Promise<string> {
    const entry = pathToFileURL(join(folder, "node_modules/vite/dist/node/index.js")).href;
    const { createServer } = (await import(/* @vite-ignore */ entry)) as typeof import("vite");
    const server = await createServer({
      ...{ root: folder, logLevel: "error", ...settings },
      server: { host: "127.0.0.1", port: 0, hmr: false },
    });
    servers.push(await server.listen());
    return server.resolvedUrls!.local[0]!;
  }

  /** Opens a page, and waits for its first line or its first error. */
  async function visit(url: string): Promise<Visit> {
    const visited = new Visit();
    const context = await browser.newContext();
    try {
      await context.addInitScript(edgeScript(served.url));
      // A busy machine must not reach the five seconds of the example.
      await context.addInitScript(() => {
        const setTimer = globalThis.setTimeout;
        const set = (call: () => void, delay?: number) => setTimer(call, delay === 5000 ? 120_000 : delay);
        globalThis.setTimeout = set as typeof setTimeout;
      });
      const page = await context.newPage();
      const isOver = new Promise<void>((resolve) => {
        page.on("console", (message) => {
          if (message.type() !== "log") return;
          visited.lines.push(message.text());
          resolve();
        });
        page.on("pageerror", (error) => {
          visited.errors.push(error.message);
          resolve();
        });
      });
      page.on("request", (request) => {
        const { pathname } = new URL(request.url());
        if (pathname.includes(".wasm")) visited.engines.push(pathname);
      });
      await page.goto(url);
      await isOver;
    } finally {
      await context.close();
    }
    return visited;
  }

  /** Checks the pages with both kinds of keys: the values are those of the rules, and only one of the pages requests an engine. */
  async function check(url: string): Promise<void> {
    const [ofPage, ofServer] = await Promise.all([visit(url), visit(`${url}server.html`)]);
    expect(ofPage).toMatchObject({ lines: ["blue"], errors: [] });
    expect(ofPage.engines).toEqual([expect.stringMatching(/lean.*\.wasm/)]);
    expect(ofServer).toEqual({ lines: ["blue"], errors: [], engines: [] });
  }

  /** Runs a program of a project in Node. */
  const node = (folder: string, ...program: readonly string[]) =>
    run(process.execPath, [...program], { cwd: folder });

  test("after a build of Vite 8, and in its development server", async () => {
    const folder = await bundled("vite-8", "ts", { others: [react!, openfeature!] });
    write(folder, {
      "shop.tsx": firstExample(react!),
      "openfeature.ts": firstExample(openfeature!),
      "components.ts": COMPONENTS,
      "components.html": '<script type="module" src="/components.ts"></script>',
    });
    await node(folder, "node_modules/vite/bin/vite.js", "build", "--logLevel", "error");
    const urls = [await files(folder, "dist"), await develop(folder)];
    await Promise.all(urls.map(check));
    for (const url of urls) {
      const shown = "true <main><h1>Shop</h1><p>The new checkout</p></main>";
      expect(await visit(`${url}components.html`)).toEqual({ lines: [shown], errors: [], engines: [] });
    }
  });

  test("after a build of Vite 7, and in its development server with the line that the client's problem names", async () => {
    const folder = await bundled("vite-7", "ts");
    write(folder, {
      "unset.ts": WITHOUT_ENGINE,
      "unset.html": '<script type="module" src="/unset.ts"></script>',
    });
    await node(folder, "node_modules/vite/bin/vite.js", "build", "--logLevel", "error");
    const [built, unset, set] = await Promise.all([
      files(folder, "dist"),
      develop(folder, { cacheDir: join(folder, "unset") }),
      develop(folder, { cacheDir: join(folder, "set"), optimizeDeps: { exclude: ["fh-client"] } }),
    ]);
    await Promise.all([check(built), check(set)]);
    const [ofClient, ofServer] = await Promise.all([
      visit(`${unset}unset.html`),
      visit(`${unset}server.html`),
    ]);
    expect(ofClient.lines).toEqual([expect.stringContaining(LINE)]);
    expect(ofServer).toEqual({ lines: ["blue"], errors: [], engines: [] });
  });

  test("after a build of webpack 5", async () => {
    const folder = await bundled("webpack-5", "js", { served: "dist/main.js", as: "defer" });
    await node(folder, "build.mjs");
    await check(await files(folder));
  });

  test("after a build of esbuild", async () => {
    const folder = await bundled("esbuild", "ts", { served: "dist/SCRIPT.js" });
    await node(folder, "build.mjs");
    await check(await files(folder));
  });

  test("in a page without a bundler", async () => {
    const imports = { "fh-client": "/node_modules/fh-client/dist/index.js" };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    await check(await files(await bundled("plain", "js", { head: map })));
  });
});
