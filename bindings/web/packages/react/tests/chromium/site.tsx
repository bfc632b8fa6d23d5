import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { build } from "esbuild";
import { type Client, toScript } from "fh-client";
import { renderToPipeableStream } from "react-dom/server";

import { FeatureProvider } from "../../src/index.ts";
import { App, MARA } from "./app.tsx";

/** Records each text of the page, from the first element on. */
const RECORD = `
  globalThis.texts = {};
  new MutationObserver(() => {
    for (const { id, textContent } of document.querySelectorAll("p[id]")) {
      const seen = (texts[id] ??= []);
      if (seen.at(-1) !== textContent) seen.push(textContent);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });`;

/** Bundles the page's program, and returns its files by their paths. */
async function bundle(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { page: new URL("page.tsx", import.meta.url).pathname },
    ...{ bundle: true, write: false, splitting: true, outdir: "/" },
    ...{ format: "esm", platform: "browser", target: "es2022", jsx: "automatic" },
    define: { "process.env.NODE_ENV": '"development"' },
    logLevel: "silent",
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

/** A web server that renders the page with React, for the user `mara`. */
export class Site implements AsyncDisposable {
  readonly #server: Server;
  readonly #files: ReadonlyMap<string, string>;
  readonly #client: Client;
  readonly #page: { readonly edge: string; readonly key: string };
  /** Ends the wait of the late part of the page. */
  finish: () => void = () => undefined;
  /** `client` if the client of the page is given the values of the server, as its provider is. */
  hydrates: "client" | "provider" = "client";
  /** The wait before the engine is sent. */
  engineAfter: Promise<unknown> = Promise.resolve();

  private constructor(
    files: ReadonlyMap<string, string>,
    client: Client,
    page: { readonly edge: string; readonly key: string },
  ) {
    this.#files = files;
    this.#client = client;
    this.#page = page;
    this.#server = createServer((request, response) => void this.#serve(request.url ?? "/", response));
  }

  /** Starts a site whose page has the values of the client, and connects to the Edge with the key. */
  static async start(client: Client, page: { readonly edge: string; readonly key: string }): Promise<Site> {
    const site = new Site(await bundle(), client, page);
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    return site;
  }

  /** The address of the page. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async #serve(path: string, response: ServerResponse): Promise<void> {
    const script = this.#files.get(path);
    if (path === "/") this.#render(response);
    else if (script !== undefined) response.setHeader("content-type", "text/javascript").end(script);
    else if (path.endsWith(".wasm")) {
      await this.engineAfter;
      const module = await readFile(new URL(`../../../client/src/engine${path}`, import.meta.url));
      response.setHeader("content-type", "application/wasm").end(module);
    } else response.writeHead(204).end();
  }

  #render(response: ServerResponse): void {
    const { edge, key } = this.#page;
    const mara = this.#client.context(MARA);
    const state = mara.dehydrate();
    const wait = new Promise<void>((resolve) => (this.finish = resolve));
    const html = new PassThrough();
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.write(
      `<!doctype html><html lang="en" data-edge="${edge}" data-key="${key}" data-hydrates="${this.hydrates}"><head><title>test</title>` +
        `<script>${RECORD}</script>` +
        `<script type="application/json" id="features">${toScript(state)}</script></head><body><div id="root">`,
    );
    html.pipe(response, { end: false });
    html.on("end", () => response.end("</div></body></html>"));
    const { pipe } = renderToPipeableStream(
      <FeatureProvider client={this.#client} hydrate={state} context={MARA}>
        <App wait={wait} />
      </FeatureProvider>,
      {
        bootstrapModules: ["/page.js"],
        onShellReady: () => {
          pipe(html);
        },
      },
    );
  }

  /** Ends the site. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
