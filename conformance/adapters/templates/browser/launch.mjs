// Opens the adapter in a headless Chromium and closes it at the end of the scenario: `node launch.mjs ADDRESS`. Each start has a port and a
// profile of its own, so each scenario has a fresh page of a fresh origin. The variable CHROMIUM names another program.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const OPTIONS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-breakpad",
  "--disable-component-update",
  "--disable-sync",
  "--enable-logging=stderr",
];

const address = process.argv.at(-1);
const script = readFileSync(new URL("adapter.js", import.meta.url));
const page = '<!doctype html><meta charset="utf-8"><title>adapter</title><script src="/adapter.js"></script>';
const profile = mkdtempSync(join(tmpdir(), "adapter-"));
let browser;

const server = createServer((request, response) => {
  if (request.url === "/") response.setHeader("content-type", "text/html").end(page);
  else if (request.url === "/adapter.js") response.setHeader("content-type", "text/javascript").end(script);
  else response.writeHead(204).end();
  if (request.url === "/end") end(0);
});

server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}/#${address}`;
  const options = [...OPTIONS, `--user-data-dir=${profile}`, url];
  browser = spawn(process.env.CHROMIUM ?? "chromium", options, { stdio: ["ignore", "inherit", "pipe"] });
  // Of what the browser logs, only what the page writes to its console matters.
  createInterface(browser.stderr).on("line", (line) => line.includes("/adapter.js (") && console.error(line));
  browser.on("error", (error) => end(error));
  browser.on("exit", (code) => end(`the browser has ended (${code})`));
});

// The runner removes its folder for temporary files. Started by hand, the program removes the profile.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end());

function end(problem) {
  if (problem) console.error(problem);
  browser.removeAllListeners("exit").kill("SIGKILL");
  // By now all processes of the browser have ended, so nothing writes to the profile.
  browser.on("close", () => {
    rmSync(profile, { recursive: true, force: true });
    process.exit(problem ? 1 : 0);
  });
}
