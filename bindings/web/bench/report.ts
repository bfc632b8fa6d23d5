import { duration, goals } from "./goals.ts";
import { nodePeers } from "./node_peers.ts";
import { OURS } from "./ours.ts";
import type { Results, Runtime } from "./results.ts";
import type { Figure } from "./timing.ts";

const READS = ["W1", "W2", "W3", "W4", "W5", "C1"];
/** The peers that compare suffixes in place of regular expressions. */
const SUFFIXES = nodePeers.filter(({ payload }) => payload.startsWith("suffix")).map(({ name }) => name);
/** The peers that are measured in Node only, and the reasons. */
const NODE_ONLY: Readonly<Record<string, string>> = {
  "featurehub-javascript-node-sdk":
    "it is for Node; in pages its code is that of `featurehub-javascript-client-sdk`",
  "unleash-client": "it needs modules of Node; the SDK for pages evaluates nothing itself",
  "@launchdarkly/node-server-sdk": "it needs modules of Node; the SDK for pages evaluates nothing itself",
  "@statsig/statsig-node-core": "it is a native module for Node; the SDK for pages evaluates nothing itself",
  "@featbit/node-server-sdk": "it needs modules of Node; the SDK for pages evaluates nothing itself",
};

/** Returns the part of the report that stands on the page: the goals, and the reads of the newer Node. */
export function pageReport(results: Results): string {
  const { measured, runtimes } = results;
  const [before, after] = measured.load;
  return [
    `Measured on ${measured.date} on ${measured.machine}, in ${measured.repetitions} repetitions, with ${list(runtimes.map(({ version }) => version))}. The mean load of the last minute was ${before} before the measurement and ${after} after it. Versions: ${measured.packages.join(", ")}.`,
    goalTable(results),
    ...runtimes.slice(1, 2).map(readTable),
  ].join("\n\n");
}

/** Returns all tables. */
export function report(results: Results): string {
  const { runtimes } = results;
  return [
    pageReport(results),
    ...runtimes.filter((_, index) => index !== 1).map(readTable),
    otherTable(runtimes),
    allocationTable(results),
    startTable(results),
    ...runtimes.map(comparedList),
  ].join("\n\n");
}

function goalTable(results: Results): string {
  const { runtimes } = results;
  const found = runtimes.map((runtime) => goals(runtime, results));
  const rows = new Map<string, string[]>();
  const missed = new Map<string, Set<string>>();
  for (const [index, of] of found.entries())
    for (const { text, wanted, figure, isMet, reason } of of) {
      const key = `${text} | ${wanted}`;
      const row = rows.get(key) ?? [text, wanted, ...runtimes.map(() => "–")];
      row[index + 2] = isMet ? figure : `**${figure}**`;
      rows.set(key, row);
      if (reason !== undefined) missed.set(reason, (missed.get(reason) ?? new Set<string>()).add(text));
    }
  const header = ["", "goal", ...runtimes.map(({ version }) => version)];
  const reasons = Array.from(missed, ([reason, texts]) => `- ${[...texts].join("; ")}: ${reason}`);
  const why =
    reasons.length === 0 ? "" : `\n\nWhat the figures hold that miss their goals:\n\n${reasons.join("\n")}`;
  return `## Goals\n\nA figure in bold misses its goal. A ratio is the time of fh-client divided by the other time of the same run; ratios and times are tenth percentiles.\n\n${table(header, [...rows.values()])}${why}`;
}

function readTable(runtime: Runtime): string {
  const { figures } = runtime;
  const handles = Object.keys(figures)
    .map((name) => /^W1 (by handle.*)$/.exec(name)?.[1])
    .filter((name) => name !== undefined);
  const names = [
    ...Object.values(OURS),
    ...handles,
    ...Object.keys(runtime.compared).filter((name) => !(Object.values(OURS) as string[]).includes(name)),
  ];
  const rows = names.map((name) => [
    handles.includes(name) ? `fh-client ${name}` : SUFFIXES.includes(name) ? `${name} (W4suf)` : name,
    ...READS.map((each) => cell(figures[`${each} ${name}`])),
  ]);
  const header = ["", ...READS.map((name) => (name === "W4" ? "W4re" : name))];
  return (
    `## Reads, ${runtime.version}\n\nThe median, and in brackets the tenth percentile, of one call. W5 is a call for all 1,000 features.\n\n` +
    table(header, rows)
  );
}

function otherTable(runtimes: readonly Runtime[]): string {
  const names = new Set(
    runtimes.flatMap(({ figures }) =>
      Object.keys(figures).filter((name) => /^(?:load|change|C[25]|floor)/.test(name)),
    ),
  );
  const rows = Array.from(names, (name) => [
    name.replace(/^load /, "load: ").replace(/^change, /, "one change: "),
    ...runtimes.map(({ figures }) => cell(figures[name])),
  ]);
  return `## Loads and changes\n\n${table(["", ...runtimes.map(({ version }) => version)], rows)}`;
}

function allocationTable({ allocated }: Results): string {
  const rows = new Map<string, Map<string, number>>();
  for (const [name, bytes] of Object.entries(allocated)) {
    const [, workload = "", engine = ""] = /^(\S+) (.*)$/.exec(name) ?? [];
    const label = engine.startsWith("by handle") ? `fh-client ${engine}` : engine;
    rows.set(label, (rows.get(label) ?? new Map<string, number>()).set(workload, bytes));
  }
  const columns = ["W1", "W2", "W4"];
  const shown = (bytes = NaN): string => (Number.isNaN(bytes) ? "–" : bytes.toFixed(1));
  return `## Allocations\n\nBytes that one read adds to the heap of Node 22.\n\n${table(
    ["", ...columns.map((name) => (name === "W4" ? "W4re" : name))],
    Array.from(rows, ([name, of]) => [name, ...columns.map((column) => shown(of.get(column)))]),
  )}`;
}

function startTable({ starts }: Results): string {
  const milliseconds = ({ median, tenth }: Figure): string =>
    `${median.toFixed(1)} ms (${tenth.toFixed(1)} ms)`;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const rows = starts.map(({ name, begin, plain, throttled, longestTask, memory }) => [
    ...[name, begin, milliseconds(plain), milliseconds(throttled), milliseconds(longestTask)],
    ...[megabytes(memory.heap), megabytes(memory.backing)],
  ]);
  return `## Starts of a page in Chromium\n\n${table(
    ["", "storage", "start", "start, processor slowed 4 ×", "longest task", "heap", "other memory"],
    rows,
  )}`;
}

function comparedList(runtime: Runtime): string {
  const lines = Object.entries(runtime.compared).map(([name, text]) => `- ${name}: ${text}`);
  for (const [name, why] of Object.entries(runtime.leftOut)) lines.push(`- ${name} is **left out**: ${why}`);
  if (runtime.version.startsWith("Chromium"))
    for (const [name, why] of Object.entries(NODE_ONLY)) lines.push(`- ${name} is left out: ${why}`);
  return `## Compared answers, ${runtime.version}\n\n${lines.join("\n")}`;
}

function cell(figure: Figure | undefined): string {
  return figure ? `${duration(figure.median)} (${duration(figure.tenth)})` : "–";
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}
