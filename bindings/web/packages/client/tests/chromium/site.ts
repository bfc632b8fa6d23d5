import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";

import { firstPart } from "../../../../packaging/first_part.ts";

/** The address at which Chromium finds the evaluation engines: beside the bundle, as a bundler places them. */
const ENGINE = /^\/wasm\/(?:lean|full)\.wasm$/;
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  wasm: "application/wasm",
};

/** A function that answers a request in place of the site's own file. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Bundles a file as a web page loads it, with a file for each dynamic import unless `isSplit` is false. Returns the texts by their paths. */
export async function bundle(entry: string, name = "page", isSplit = true): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { [name]: new URL(entry, import.meta.url).pathname },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    mainFields: ["module", "main"],
    target: "es2022",
    splitting: isSplit,
    outdir: "/",
    chunkNames: "[name]-[hash]",
    plugins: isSplit ? [firstPart] : [],
    define: { global: "globalThis" },
    logLevel: "silent",
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

/** A web server with the page of a test, on an origin of its own. */
export class Site implements AsyncDisposable {
  readonly #server: Server;
  readonly #files: Map<string, string>;
  /** Answers to paths that a test replaces. */
  readonly answers = new Map<string, Answer>();
  /** The paths that were requested, in their order. */
  readonly requested: string[] = [];
  /** Headers of each HTML page. */
  pageHeaders: Record<string, string> = {};

  private constructor(files: Map<string, string>) {
    this.#files = files;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Starts a site that serves the files of a bundle, and a page that loads its script. */
  static async start(files: ReadonlyMap<string, string>): Promise<Site> {
    const site = new Site(new Map(files));
    site.#files.set("/", '<!doctype html><title>test</title><script type="module" src="/page.js"></script>');
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    return site;
  }

  /** The origin of the site. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Adds a file, or replaces it. */
  set(path: string, text: string): void {
    this.#files.set(path, text);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    this.requested.push(path);
    const answer = this.answers.get(path);
    if (answer) {
      answer(response, request);
      return;
    }
    const body = ENGINE.test(path) ? await engine(path) : this.#files.get(path);
    const type = TYPES[/\.(\w+)$/.exec(path)?.[1] ?? "html"] ?? "text/plain";
    if (body === undefined)
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>not found</h1>");
    else response.writeHead(200, { "content-type": type, ...this.pageHeaders }).end(body);
  }

  /** Ends the site. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

/** Returns the bytes of an engine that `cargo xtask web engines` has built. */
function engine(path: string): Promise<Buffer> {
  return readFile(new URL(`../../src/engine${path}`, import.meta.url));
}
