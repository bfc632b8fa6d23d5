import type { Browser, BrowserContext, Page } from "playwright-core";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";
import { PageEdge } from "../../packages/client/tests/chromium/edge.ts";
import { Site } from "../../packages/client/tests/chromium/site.ts";
import { forPages } from "../bundles.ts";
import { CLIENT_KEY, type EngineFiles, evaluatedFor, polled, SERVER_KEY } from "../ours.ts";
import { type Figure, figureOf } from "../timing.ts";
import { attributesOf, type Workload } from "../workload.ts";
import { ANSWERED, ELEMENT, type StartSettings } from "./settings.ts";

/** The factor by which the throttled runs slow the processor down. */
const THROTTLE = 4;

/** A kind of start: the program, the key, and what the page has at its start. */
interface Kind {
  readonly name: string;
  readonly program: "ours" | "published";
  readonly key: string;
  readonly begin: "empty" | "stored" | "hydrated";
}

/** The figures of a kind. Times are milliseconds, sizes bytes. */
export interface Start {
  readonly name: string;
  readonly program: Kind["program"];
  readonly key: "client-evaluated" | "server-evaluated";
  readonly begin: Kind["begin"];
  readonly plain: Figure;
  readonly throttled: Figure;
  /** The longest task of the page until its first right answer. */
  readonly longestTask: Figure;
  /** The JavaScript heap after a collection of garbage, and the memory beside it, that of WebAssembly included. */
  readonly memory: { readonly heap: number; readonly backing: number };
}

const KINDS: readonly Kind[] = [
  ...(["empty", "stored", "hydrated"] as const).flatMap((begin): Kind[] => [
    { name: "fh-client, server-evaluated key", program: "ours", key: SERVER_KEY, begin },
    { name: "fh-client, client-evaluated key", program: "ours", key: CLIENT_KEY, begin },
  ]),
  {
    name: "featurehub-javascript-client-sdk, client-evaluated key",
    program: "published",
    key: CLIENT_KEY,
    begin: "empty",
  },
];

/** Measures the starts of pages in Chromium, each several times. Page and Edge have different origins. */
export async function starts(
  payload: string,
  workload: Workload,
  files: EngineFiles,
  repetitions: number,
): Promise<Start[]> {
  const [user] = workload.users;
  if (!user) throw new Error("the workload has no users");
  const attributes = attributesOf(user);
  const evaluated = evaluatedFor(user, payload, workload);
  const client = await polled(SERVER_KEY, evaluated, files, { context: attributes });
  const state = client.context(attributes).dehydrate();
  client.close();
  const browser = await startBrowser();
  const found: Start[] = [];
  try {
    for (const kind of KINDS) {
      const json = kind.key === SERVER_KEY ? evaluated : payload;
      const features = (JSON.parse(json) as object[]).map((feature) => JSON.stringify(feature));
      const [edge, site] = await Promise.all([
        PageEdge.start(...features),
        Site.start(await forPages(`startup/${kind.program}.ts`)),
      ]);
      const settings: StartSettings = {
        url: edge.url,
        key: kind.key,
        attributes,
        feature: workload.keys.W3,
        hydrate: kind.begin === "hydrated" ? state : undefined,
      };
      site.set("/start", html(settings));
      found.push(await measured(browser, kind, `${site.url}/start`, repetitions));
      await Promise.all([edge[Symbol.asyncDispose](), site[Symbol.asyncDispose]()]);
    }
  } finally {
    await browser.close();
  }
  return found;
}

function html(settings: StartSettings): string {
  const json = JSON.stringify(settings).replaceAll("<", "\\u003c");
  return (
    `<!doctype html><title>start</title><script type="application/json" id="${ELEMENT}">${json}</script>` +
    `<script type="module" src="/page.js"></script>`
  );
}

async function measured(browser: Browser, kind: Kind, url: string, repetitions: number): Promise<Start> {
  const times = async (rate: number): Promise<Figure> => {
    const all: number[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++)
      all.push(await visited(browser, kind, url, (page) => started(page, url, rate)));
    return figureOf(all);
  };
  const [plain, throttled] = [await times(1), await times(THROTTLE)];
  const tasks: number[] = [];
  for (let repetition = 0; repetition < Math.ceil(repetitions / 3); repetition++)
    tasks.push(await visited(browser, kind, url, (page) => longestTask(browser, page, url)));
  const memory = await visited(browser, kind, url, (page) => memoryOf(page, url));
  const { name, program, begin } = kind;
  const key = kind.key === CLIENT_KEY ? "client-evaluated" : "server-evaluated";
  return { name, program, key, begin, plain, throttled, longestTask: figureOf(tasks), memory };
}

/** Opens a page with an empty profile, or with one that an earlier visit has filled. */
async function visited<T>(
  browser: Browser,
  { begin }: Kind,
  url: string,
  visit: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext();
  try {
    if (begin === "stored") await store(context, url);
    return await visit(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Visits the page until it has stored its features. */
async function store(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith("fh:")));
  await page.close();
}

/** Returns the milliseconds from the start of the page's script to its first right answer. */
async function started(page: Page, url: string, rate: number): Promise<number> {
  if (rate !== 1) {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate });
  }
  await page.goto(url);
  await answered(page);
  return page.evaluate((answered) => {
    const [first] = performance.getEntriesByName("script");
    const [right] = performance.getEntriesByName(answered);
    return (right?.startTime ?? NaN) - (first?.startTime ?? NaN);
  }, ANSWERED);
}

async function answered(page: Page): Promise<void> {
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, ANSWERED);
}

/** Returns the milliseconds of the longest task of the page's main thread. */
async function longestTask(browser: Browser, page: Page, url: string): Promise<number> {
  await browser.startTracing(page, {
    categories: ["disabled-by-default-devtools.timeline", "toplevel", "__metadata"],
  });
  await page.goto(url);
  await answered(page);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly {
      readonly name: string;
      readonly pid: number;
      readonly tid: number;
      readonly dur?: number;
      readonly args?: { readonly name?: string };
    }[];
  };
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => /RunTask$/.test(name) && main.has(`${pid} ${tid}`),
  );
  return Math.max(0, ...tasks.map(({ dur = 0 }) => dur / 1000));
}

async function memoryOf(page: Page, url: string): Promise<Start["memory"]> {
  await page.goto(url);
  await answered(page);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const usage = (await session.send("Runtime.getHeapUsage")) as unknown as {
    readonly usedSize: number;
    readonly backingStorageSize?: number;
  };
  return { heap: usage.usedSize, backing: usage.backingStorageSize ?? 0 };
}
