import { OURS } from "./ours.ts";
import { PATTERNS } from "./patterns.ts";
import type { Results, Runtime } from "./results.ts";

/** A goal with the figure of one runtime. */
export interface Goal {
  readonly text: string;
  readonly wanted: string;
  readonly figure: string;
  readonly isMet: boolean;
  /** What a figure holds that misses its goal. */
  readonly reason?: string | undefined;
}

/** The size of a small object in bytes: a head of three words, and six fields. */
const SMALL = 72;
/** The size of a word in V8 without compressed pointers, in bytes. */
const WORD = 8;

/** The largest ratios of a context and its first read to the best peer, by the beginnings of the runtimes' names. */
const CONTEXTS = { "Node 20": 0.7, Node: 0.9, Chromium: 1.1 } as const;

const REASONS = {
  cached:
    "A cached read compares its features with those of the last read of its context, finds its key in a Map, and checks for interceptors, observers and passive polls.",
  uncached: "A read that is not cached looks the handle of the context up, and calls into WebAssembly.",
  context:
    "A new context copies its attributes. Those that the feature reads cross into WebAssembly, where the feature is evaluated.",
  start:
    "A page with a client-evaluated key loads and compiles a WebAssembly module, and cuts the texts of all features out of the message, before its first right answer.",
  load: "In Node, the engine compiles each feature; in a page, the first 32. The texts cross as one copy in UTF-8. The figure holds the client's start and end, and the response's stream.",
  loadServer:
    "The figure holds the client's start and end, the response's stream, and the cut of each feature's text, which is kept as it was received.",
  changeServer:
    "The session cuts the feature's text out of the event, makes a new state, and compares the value of each listener, and calls each listener.",
  change:
    "The client compares all features with those of the former state and compiles the changed one. The engine evaluates it for the context of each listener.",
  all: "The answer for each feature is an object with the value, reason, version, lock and properties, where the loop of the peer returns one value for each.",
  pattern:
    "The engine of browsers for regular expressions follows all states of a pattern at once, for each byte of the text.",
} as const;

/** Returns the goals for the figures of a runtime. Ratios are our time divided by theirs. */
export function goals(runtime: Runtime, { allocated, starts }: Results): Goal[] {
  const isNode = !runtime.version.startsWith("Chromium");
  const found: Goal[] = [];
  for (const each of ["W1", "W2", "W3"])
    for (const name of [OURS.cached, OURS.serverEvaluated]) {
      const [row, floor] = [`${each} ${name}`, `floor ${name}`];
      found.push(
        ratio(
          `${each}, ${described(name)} ÷ floor`,
          4,
          time(runtime, row),
          time(runtime, floor),
          REASONS.cached,
        ),
      );
    }
  const context = Object.entries(CONTEXTS).find(([name]) => runtime.version.startsWith(name));
  found.push(
    beside(runtime, "W2 by key, nothing cached", `W2 ${OURS.uncached}`, 0.33, REASONS.uncached),
    beside(runtime, "W4re, nothing cached", `W4 ${OURS.uncached}`, 0.33, REASONS.uncached),
    beside(runtime, "W5: `values()`", `W5 ${OURS.cached}`, 0.33, REASONS.all),
    beside(
      runtime,
      "C1: a context and its first W2",
      `C1 ${OURS.cached}`,
      context?.[1] ?? 1,
      REASONS.context,
    ),
    parsed(runtime, "client-evaluated", 8, REASONS.load),
    parsed(runtime, "server-evaluated", 5, REASONS.loadServer),
  );
  const published = starts.find(({ program }) => program === "published")?.plain.tenth ?? NaN;
  for (const { program, key, begin, plain } of isNode ? [] : starts)
    if (program === "ours" && key === "client-evaluated" && begin !== "hydrated")
      found.push(
        ratio(
          `start of a page, client-evaluated key, ${begin === "stored" ? "features stored" : "nothing stored"}`,
          2,
          plain.tenth,
          published,
          REASONS.start,
          "featurehub-javascript-client-sdk",
        ),
      );
  for (const kind of ["client-evaluated", "server-evaluated"])
    found.push(
      atMost(
        runtime,
        `one changed feature of 1,000, to the last of 100 listeners, ${kind} key`,
        `change, ${kind}`,
        2_000_000,
        kind === "client-evaluated" ? REASONS.change : REASONS.changeServer,
      ),
    );
  for (const row of PATTERNS.searches)
    found.push(atMost(runtime, `a hostile pattern, ${row}`, row, 50_000_000, REASONS.pattern));
  found.push(
    atMost(runtime, "`values()` over 20 hostile patterns", PATTERNS.values, 500_000_000, REASONS.pattern),
  );
  if (isNode) found.push(...allocations(allocated));
  return found;
}

function allocations(allocated: Results["allocated"]): Goal[] {
  const goal = (text: string, row: string, most: number): Goal => {
    const bytes = allocated[row] ?? NaN;
    const wanted = most === 0 ? "none" : `at most ${most} bytes`;
    const figure = Number.isNaN(bytes) ? "–" : `${bytes.toFixed(1)} bytes`;
    // Objects have whole words, so less than a word per read is not an object of each read.
    return { text, wanted, figure, isMet: bytes < most + WORD };
  };
  return ["W1", "W2", "W4"].flatMap((each) => {
    const name = each === "W4" ? "W4re" : each;
    return [
      goal(`allocation of a cached read by key, ${name}`, `${each} ${OURS.cached}`, 0),
      goal(`allocation of a cached read by handle, ${name}`, `${each} by handle`, 0),
      goal(`allocation of a read with a server-evaluated key, ${name}`, `${each} ${OURS.serverEvaluated}`, 0),
      goal(`allocation of a read that is not cached, ${name}`, `${each} ${OURS.uncached}`, SMALL),
    ];
  });
}

function described(name: string): string {
  return name === OURS.cached ? "cached" : "server-evaluated key";
}

function time(runtime: Runtime, row: string): number {
  return runtime.figures[row]?.tenth ?? NaN;
}

function atMost(runtime: Runtime, text: string, row: string, most: number, reason: string): Goal {
  const figure = time(runtime, row);
  return {
    text,
    wanted: `at most ${duration(most)}`,
    figure: duration(figure),
    ...met(figure <= most, reason),
  };
}

/** Returns the goal that our time is at most so many times theirs. */
function ratio(text: string, most: number, ours: number, theirs: number, reason: string, of = ""): Goal {
  const found = ours / theirs;
  const figure = `${found.toFixed(2)} ×${of && ` (${of})`}`;
  return { text, wanted: `at most ${most} ×`, figure, ...met(found <= most, reason) };
}

/** Returns the goal that a row takes at most so many times as long as that of the best peer. */
function beside(runtime: Runtime, text: string, row: string, most: number, reason: string): Goal {
  const [workload = ""] = row.split(" ");
  const ours = Object.values<string>(OURS);
  const peers = Object.keys(runtime.compared).filter((name) => !ours.includes(name));
  const times = peers.map((name) => ({ name, of: time(runtime, `${workload} ${name}`) }));
  const [best] = times.filter(({ of }) => of > 0).sort((left, right) => left.of - right.of);
  const whole = `${text} ÷ best peer`;
  return ratio(whole, most, time(runtime, row), best?.of ?? NaN, reason, best?.name ?? "no peer");
}

/** Returns the goal that loading takes at most so many times as long as `JSON.parse`. */
function parsed(runtime: Runtime, kind: string, most: number, reason: string): Goal {
  const [ours, theirs] = ["fh-client", "JSON.parse"].map((of) => time(runtime, `load ${of}, ${kind}`));
  const text = `loading 1,000 features, ${kind} key ÷ \`JSON.parse\``;
  return ratio(text, most, ours ?? NaN, theirs ?? NaN, reason);
}

function met(isMet: boolean, reason: string): Pick<Goal, "isMet" | "reason"> {
  return isMet ? { isMet } : { isMet, reason };
}

/** Returns nanoseconds with a unit. */
export function duration(nanoseconds: number): string {
  const round = (value: number): string => value.toPrecision(value >= 100 ? 3 : 2);
  if (Number.isNaN(nanoseconds)) return "–";
  if (nanoseconds < 1000) return `${Number(round(nanoseconds))} ns`;
  if (nanoseconds < 1e6) return `${Number(round(nanoseconds / 1000))} µs`;
  return `${Number(round(nanoseconds / 1e6))} ms`;
}
