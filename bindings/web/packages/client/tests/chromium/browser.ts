import { type Browser, chromium } from "playwright-core";

/** The program of Chromium; by default Debian's. */
const PROGRAM = process.env["FH_CHROMIUM"] ?? "/usr/bin/chromium";

/** Starts Chromium with an empty profile, and without requests of its own. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-breakpad",
      "--disable-component-update",
      "--disable-sync",
    ],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}
