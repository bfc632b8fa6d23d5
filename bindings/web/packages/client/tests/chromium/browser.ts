import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

/** The program of Chromium; by default Debian's. */
const PROGRAM = process.env["FH_CHROMIUM"] ?? "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium with an empty profile, and without requests of its own. Further arguments of its command line may be given. */
export function startBrowser(further: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: [...FLAGS, ...further],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

/** A browser whose pages are hidden when they are behind another one. */
export interface BackgroundBrowser {
  readonly context: BrowserContext;
  /** Ends the browser, and removes its profile. */
  readonly end: () => Promise<void>;
}

/**
 * Starts Chromium with an empty profile, whose hidden pages are hidden and have slow timers. In a browser of {@link startBrowser}, Playwright
 * keeps all pages visible. There is no page at first, because Playwright can wait forever for a page that is created while it connects.
 * The profile has the given preferences, and the command line the given further arguments.
 */
export async function startBackgroundBrowser(
  preferences: object = {},
  further: readonly string[] = [],
): Promise<BackgroundBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "fh-chromium-"));
  await mkdir(join(profile, "Default"));
  await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  const own = [
    "--headless",
    "--no-startup-window",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(PROGRAM, [...FLAGS, ...own, ...further], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const end = async (): Promise<void> => {
    child.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const browser = await chromium.connectOverCDP(await addressOf(child.stderr), { noDefaults: true });
    child.stderr.resume();
    // Pages of another context would have a window each, and stay visible.
    const [context] = browser.contexts();
    if (!context) throw new Error("Chromium has no context");
    return { context, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Returns the address at which a starting Chromium can be controlled. */
async function addressOf(output: Readable): Promise<string> {
  for await (const line of createInterface(output)) {
    const address = /listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error("Chromium ended without an address");
}
