/**
 * Runs a command, and meanwhile one browser for all pages that `launch.mjs` opens: `node with_browser.mjs COMMAND ARGUMENT…`. The variable
 * FH_PAGES has the address to which `launch.mjs` sends its requests.
 *
 * @packageDocumentation
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { startBrowser } from "../packages/client/tests/chromium/browser.ts";
import { runPage } from "./browser.ts";

const browser = await startBrowser();
const server = createServer((request, response) => void open(request, response));
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.exitCode = await run(process.argv.slice(2));
await browser.close();
server.close();
server.closeAllConnections();

/** Opens a page for the address in the body of a request. The response is the log of the page, and ends with the page. */
async function open(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const closed = new AbortController();
  response.on("close", () => {
    closed.abort();
  });
  const log = (line: string): void => void response.write(`${line}\n`);
  response.flushHeaders();
  try {
    const address = (await request.setEncoding("utf8").toArray()).join("");
    await runPage(browser, { address, log, signal: closed.signal });
  } catch (error) {
    log(String(error));
  }
  response.end();
}

/** Runs the command, and returns its exit code. */
async function run([program = "", ...options]: readonly string[]): Promise<number> {
  const pages = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(program, options, { stdio: "inherit", env: { ...process.env, FH_PAGES: pages } });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
