import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Frame, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { CLIENT_KEY, SERVER_KEY } from "../client/scripted_edge.ts";
import { type BackgroundBrowser, startBackgroundBrowser } from "./browser.ts";
import { BLUE, Fixture, GREEN } from "./fixture.ts";

const chromium = Fixture.register();

/** The forms in which a function of the browser refuses. */
const [ASYNC, SYNC] = [
  ["throws", "rejects", "never answers"],
  ["throws", "does nothing"],
] as const;
/** Functions of a browser that a user, a policy or a frame can forbid although they exist. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  "LockManager.prototype.request": ASYNC,
  "LockManager.prototype.query": ASYNC,
  "Navigator.prototype.locks": SYNC,
  BroadcastChannel: SYNC,
  "BroadcastChannel.prototype.postMessage": SYNC,
  localStorage: SYNC,
  sessionStorage: SYNC,
  "Storage.prototype.getItem": SYNC,
  "Storage.prototype.setItem": SYNC,
  caches: SYNC,
  crypto: SYNC,
  "Crypto.prototype.getRandomValues": SYNC,
};
const ROWS = Object.entries(FUNCTIONS).flatMap(([path, forms]) =>
  forms.flatMap((form) => [[path, form, "at once"] as const, [path, form, "later"] as const]),
);

/** Replaces a function, a class or a getter of a page by one that refuses, at once or as soon as `tab.refuses` is true. */
function refuse([path, form, time]: (typeof ROWS)[number]): void {
  // The page `about:blank`, from which a test begins, has no locks.
  if (!isSecureContext) return;
  const names = path.split(".");
  const last = names.pop() ?? "";
  const owner = names.reduce<object>((at, name) => Reflect.get(at, name) as object, globalThis);
  const own = Object.getOwnPropertyDescriptor(owner, last);
  if (!own) throw new Error(`there is no ${path}`);
  const refusal = (): unknown => {
    if (form === "throws") throw new DOMException("refused", "SecurityError");
    if (form === "rejects") return Promise.reject(new DOMException("refused", "SecurityError"));
    return form === "does nothing" ? undefined : new Promise(() => undefined);
  };
  const wrapped = (original: object) =>
    function (this: unknown, ...given: unknown[]): unknown {
      if (time === "at once" || tab["refuses"]) return refusal();
      const isNew = (new.target as unknown) !== undefined;
      return isNew
        ? (Reflect.construct(original as new () => object, given) as unknown)
        : Reflect.apply(original as () => unknown, this, given);
    };
  const name = own.value === undefined ? "get" : "value";
  Object.defineProperty(owner, last, {
    [name]: wrapped((own as Record<string, object>)[name] ?? {}),
    configurable: true,
  });
}

/** Collects the errors of the pages of a context that no code has caught. */
function errorsOf(context: BrowserContext): string[] {
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(error.error().message));
  return errors;
}

/** With a short limit for a silent stream, after which a tab leaves a group whose messages are lost. */
const OPTIONS = { overrides: "session", returnWithin: [0.01, 0.02], limits: { idle: 5 } };

/** Shows that the clients of pages go on: they get a change, those after a restart of the Edge, and those after a suspension. */
async function expectToGoOn(pages: readonly (Page | Frame)[]): Promise<void> {
  const { edge } = chromium;
  const all = (colour: string): Promise<unknown> =>
    Promise.all(pages.map((page) => chromium.colour(colour, page)));
  edge.update(BLUE);
  await all("blue");
  await edge.kill();
  edge.set(GREEN);
  await edge.listen();
  await all("green");
  for (const page of pages)
    await page.evaluate(() => {
      tab.client.suspend();
    });
  await edge.until(() => edge.streams.size === 0);
  edge.set(BLUE.replace('"version":2', '"version":4'));
  for (const page of pages)
    await page.evaluate(() => {
      tab.client.resume();
    });
  await all("blue");
}

test.each(ROWS)("pages go on where %s %s (%s)", async (...row) => {
  const { context, edge } = chromium;
  const errors = errorsOf(context);
  await context.addInitScript(refuse, row);
  const pages = [await chromium.open()];
  if (/Lock|locks|Channel/.test(row[0])) pages.push(await chromium.open());
  for (const page of pages) {
    const before = edge.requests.length;
    await chromium.start(OPTIONS, SERVER_KEY, page);
    // A page reads the stored colour before its own request arrives.
    await edge.until(() => edge.requests.length > before);
    await chromium.colour("red", page);
  }
  // Until then, the pages share a stream.
  if (row[2] === "later") await edge.until(() => edge.streams.size === 1);
  for (const page of pages) await page.evaluate(() => (tab["refuses"] = true));
  await expectToGoOn(pages);
  const isSession = await pages[0]?.evaluate(() => {
    const texts = { getItem: () => null, setItem: () => undefined };
    return /^[\da-f]{32}$/.test(fh.storedSession(texts));
  });
  expect([isSession, errors]).toEqual([true, []]);
});

/** The preferences of Chromium that block cookies, which also forbids locks and storages. */
const [ALL_COOKIES, THIRD_PARTIES] = [
  { profile: { default_content_setting_values: { cookies: 2 } } },
  { profile: { cookie_controls_mode: 1 } },
];

describe.each([
  ["with all cookies blocked", ALL_COOKIES, "page"],
  ["in a frame of another site with the cookies of third parties blocked", THIRD_PARTIES, "frame"],
  ["in a sandbox that allows scripts", {}, 'sandbox="allow-scripts"'],
])("a page of Chromium %s", (_, preferences, place) => {
  let browser: BackgroundBrowser;
  beforeAll(async () => {
    browser = await startBackgroundBrowser(preferences, [
      // Otherwise, a frame whose cookies are blocked has locks and storages for itself.
      "--disable-features=ThirdPartyStoragePartitioning",
    ]);
  });
  afterAll(() => browser.end());

  test.each([SERVER_KEY, CLIENT_KEY])("goes on (%s)", async (key) => {
    const { site } = chromium;
    const errors = errorsOf(browser.context);
    const page = await browser.context.newPage();
    // The frame's origin is none, so that its script is one of another origin.
    site.pageHeaders = { "access-control-allow-origin": "*" };
    // The name is that of another site than the address.
    site.set("/outer", `<!doctype html><iframe ${place} src="${site.url}/"></iframe>`);
    await page.goto(place === "page" ? site.url : `${site.url.replace("127.0.0.1", "localhost")}/outer`);
    const frame = page.frames().at(-1) ?? page;
    expect(await frame.evaluate(() => navigator.locks.query().then(Boolean, () => false))).toBe(false);
    await chromium.start(OPTIONS, key, frame);
    await chromium.colour("red", frame);
    await expectToGoOn([frame]);
    expect(errors).toEqual([]);
    await page.close();
  });
});

/** The program of Firefox; by default Debian's. */
const FIREFOX = process.env["FH_FIREFOX"] ?? "/usr/bin/firefox-esr";
const hasFirefox = existsSync(FIREFOX);
if (!hasFirefox) console.warn(`The tests in Firefox are skipped, because ${FIREFOX} does not exist.`);

/** Starts a client that reports each of its colours to the site. The parameters of the page are those of the client. */
function report(): void {
  const [url = "", key = ""] = new URLSearchParams(location.search).values();
  const client = new fh.Client(url, key, { overrides: "session", returnWithin: [0.01, 0.02] });
  client.onChange("COLOUR", () => {
    const locks = navigator.locks.query().then(
      () => "granted",
      () => "refused",
    );
    void locks.then((locks) => fetch(`/report?${client.string("COLOUR", "")},${locks}`, { mode: "no-cors" }));
  });
}

test.runIf(hasFirefox).each([
  ["with all cookies blocked", 'user_pref("network.cookie.cookieBehavior", 2);', "page"],
  ["in a sandbox that allows scripts", "", 'sandbox="allow-scripts"'],
])("a page of Firefox %s goes on", async (_, preferences, place) => {
  const { edge, site } = chromium;
  const reports: string[] = [];
  let arrived = (): void => undefined;
  site.pageHeaders = { "access-control-allow-origin": "*" };
  site.answers.set("/report", (response, { url = "" }) => {
    reports.push(url.replace("/report?", ""));
    response.writeHead(204).end();
    arrived();
  });
  const reported = async (colour: string): Promise<void> => {
    while (!reports.some((report) => report.startsWith(colour)))
      await new Promise<void>((resolve) => (arrived = resolve));
  };
  const query = new URLSearchParams({ url: edge.url, key: SERVER_KEY }).toString();
  const scripts = `<script type="module" src="/page.js"></script><script type="module">(${report.toString()})()</script>`;
  site.set("/client", `<!doctype html>${scripts}`);
  site.set(
    "/outer",
    `<!doctype html><iframe ${place} src="/client?${query.replaceAll("&", "&amp;")}"></iframe>`,
  );
  const profile = await mkdtemp(join(tmpdir(), "fh-firefox-"));
  await writeFile(join(profile, "user.js"), preferences);
  const address = place === "page" ? `${site.url}/client?${query}` : `${site.url}/outer`;
  const child = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, address], {
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  try {
    await reported("red");
    edge.update(BLUE);
    await reported("blue");
    await edge.kill();
    edge.set(GREEN);
    await edge.listen();
    await reported("green");
    expect(reports.filter((report) => !report.endsWith(",refused"))).toEqual([]);
  } finally {
    child.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
