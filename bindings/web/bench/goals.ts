import { OURS } from "./ours.ts";
import { featureHubClient } from "./peers/featurehub.ts";
import { featureHubNode } from "./peers/featurehub_node.ts";
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

const REASONS = {
  cached:
    "A cached read compares its context with that of the last read, finds its key in a Map, and checks for interceptors, observers and passive polls.",
  uncached:
    "A read that is not cached also makes the answer's object, and looks the handle of the context up; the call into WebAssembly is a part of it.",
  context:
    "A new context copies its attributes. Those that the feature reads cross into WebAssembly, with one call for each value.",
  load: "The engine compiles each feature, and the texts cross as one copy in UTF-8. The figure holds the client's start and end, and the response's stream.",
  loadServer:
    "The figure holds the client's start and end, the response's stream, and the cut of each feature's text, which is kept as it was received.",
  changeServer:
    "The session cuts the feature's text out of the event, makes a new state, and compares the value of each listener, and calls each listener.",
  change:
    "The client compares all features with those of the former state and compiles the changed one. The engine evaluates it for the context of each listener.",
  all: "The answer for each feature is an object with the value, reason, version, lock and properties, where the loop of the peer returns one value for each.",
  pattern:
    "The engine of browsers for regular expressions follows all states of a pattern at once, for each byte of the text.",
  peer: "The peer is plain JavaScript, which reads without a call into WebAssembly.",
} as const;

/** Returns the goals for the figures of a runtime. */
export function goals(runtime: Runtime, { allocated }: Results): Goal[] {
  const isNode = !runtime.version.startsWith("Chromium");
  const found: Goal[] = [];
  for (const each of ["W1", "W2", "W3"])
    for (const name of [OURS.cached, OURS.serverEvaluated])
      found.push(atMost(runtime, `${each}, ${described(name)}`, `${each} ${name}`, 20, REASONS.cached));
  const { uncached } = OURS;
  found.push(
    atMost(runtime, "W2 by handle, nothing cached", "W2 by handle, nothing cached", 100, REASONS.uncached),
    atMost(runtime, "W2 by key, nothing cached", `W2 ${uncached}`, 150, REASONS.uncached),
    faster(runtime, "W2 by key, nothing cached", `W2 ${uncached}`, "W2", REASONS.peer),
    atMost(runtime, "W4re, nothing cached", `W4 ${uncached}`, 600, REASONS.uncached),
    faster(runtime, "W4re, nothing cached", `W4 ${uncached}`, "W4", REASONS.peer),
    faster(runtime, "W5: `values()`", `W5 ${OURS.cached}`, "W5", REASONS.all),
    atMost(runtime, "C1: a context and its first W2", `C1 ${OURS.cached}`, 1500, REASONS.context),
    asFastAs(
      runtime,
      "C1: a context and its first W2",
      `C1 ${OURS.cached}`,
      isNode ? featureHubNode.name : featureHubClient.name,
      REASONS.context,
    ),
    parsed(runtime, "client-evaluated", 8, REASONS.load),
    parsed(runtime, "server-evaluated", 5, REASONS.loadServer),
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

function median(runtime: Runtime, row: string): number {
  return runtime.figures[row]?.median ?? NaN;
}

function atMost(runtime: Runtime, text: string, row: string, most: number, reason: string): Goal {
  const figure = median(runtime, row);
  return {
    text,
    wanted: `at most ${duration(most)}`,
    figure: duration(figure),
    ...met(figure <= most, reason),
  };
}

/** Returns the goal that a row is three times as fast as the best peer. */
function faster(runtime: Runtime, text: string, row: string, workload: string, reason: string): Goal {
  const peers = Object.entries(runtime.figures)
    .map(([name, figure]) => ({ peer: /^(\S+) (\S+)$/.exec(name), figure }))
    .filter(({ peer }) => peer?.[1] === workload && peer[2] !== OURS.cached)
    .sort((a, b) => a.figure.median - b.figure.median);
  const [best] = peers;
  const ratio = (best?.figure.median ?? NaN) / median(runtime, row);
  return {
    text,
    wanted: "at least 3 × the speed of the best peer",
    figure: `${ratio.toFixed(1)} × (${best?.peer?.[2] ?? "no peer"})`,
    ...met(ratio >= 3, reason),
  };
}

/** Returns the goal that a row takes at most as long as that of a published SDK. */
function asFastAs(runtime: Runtime, text: string, row: string, peer: string, reason: string): Goal {
  const [workload = ""] = row.split(" ");
  const ratio = median(runtime, row) / median(runtime, `${workload} ${peer}`);
  return { text, wanted: `at most 1 × ${peer}`, figure: `${ratio.toFixed(2)} ×`, ...met(ratio <= 1, reason) };
}

/** Returns the goal that loading takes at most so many times as long as `JSON.parse`. */
function parsed(runtime: Runtime, kind: string, most: number, reason: string): Goal {
  const ratio = median(runtime, `load fh-client, ${kind}`) / median(runtime, `load JSON.parse, ${kind}`);
  return {
    text: `loading 1,000 features, ${kind} key`,
    wanted: `at most ${most} × \`JSON.parse\``,
    figure: `${ratio.toFixed(1)} ×`,
    ...met(ratio <= most, reason),
  };
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
