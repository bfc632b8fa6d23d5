import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Browser } from "playwright-core";

/** The files of the page, beside this program. */
const FOLDER = fileURLToPath(new URL("page/", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
/** What a page gets from the program that opens it. */
export interface PageOptions {
  /** The address of the runner, which the page dials. */
  readonly address: string;
  /** Called with each line that the page writes to its console. */
  readonly log: (line: string) => void;
  /** Closes the page when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a page of the adapter, with a profile and an origin of its own, and waits for the end of the scenario.
 *
 * @throws an error if the page has crashed or was closed
 */
export async function runPage(browser: Browser, { address, log, signal }: PageOptions): Promise<void> {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  // The end may come before the page is open.
  ended.catch(() => undefined);
  const onAbort = (): void => {
    fail(new Error("the page was closed"));
  };
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) onAbort();
  const server = await serve(finish);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.on("console", (message) => {
      log(message.text());
    });
    page.on("pageerror", (error) => {
      log(error.stack ?? error.message);
    });
    page.on("crash", () => {
      fail(new Error("the page has crashed"));
    });
    const { port } = server.address() as AddressInfo;
    const opened = page.goto(`http://127.0.0.1:${port}/#${address}`, { waitUntil: "commit" });
    await Promise.race([opened, ended]);
    await ended;
  } finally {
    await context.close();
    server.close();
    server.closeAllConnections();
  }
}

/** Serves the files of the page on a port of its own. The page reports the end of the scenario with a request to `/end`. */
async function serve(finish: () => void): Promise<Server> {
  const names = readdirSync(FOLDER, { recursive: true, encoding: "utf8" });
  const server = createServer(({ url = "" }, response) => {
    const name = url === "/" ? "page.html" : url.slice(1);
    const type = TYPES[extname(name)];
    if (type === undefined || !names.includes(name)) response.writeHead(204).end();
    else response.setHeader("content-type", type).end(readFileSync(join(FOLDER, name)));
    if (url === "/end") finish();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
