import type { Context } from "fh-client";

import type { Engine, Names } from "./engine.ts";
import { BUILT, OURS } from "./ours.ts";
import { type Clock, type Row, source } from "./timing.ts";
import type { Workload } from "./workload.ts";

/** The workloads of single reads. */
export const WORKLOADS = ["W1", "W2", "W3", "W4"] as const;

/** Returns the rows of an engine: each workload by key, all flags, and a context that is built for one read. */
export function readRows(engine: Engine, names: Names, workload: Workload, clock: Clock): Row[] {
  const { name, read, built, all, isAsync = false } = engine;
  const { keys, answers } = workload;
  const awaited = isAsync ? "await " : "";
  const adds = (expression: string): string => `if (${awaited}${expression}) on++;`;
  const rows = WORKLOADS.map((each) =>
    source(`${each} ${name}`, adds(read), { ...names, key: keys[each] }, isAsync, clock),
  );
  const whole = all === undefined ? `for (const key of keys) ${adds(read)}` : `on += ${all}.length;`;
  const listed = { ...names, keys: Object.keys(answers) };
  rows.push(source(`W5 ${name}`, whole, listed, isAsync, clock));
  if (built !== undefined)
    rows.push(source(`C1 ${name}`, adds(built), { ...names, key: keys.W2 }, isAsync, clock));
  return rows;
}

/** Returns the rows of reads through handles, which only `fh-client` has. */
export function handleRows(engine: Engine, names: Names, { keys }: Workload, clock: Clock): Row[] {
  const context = names["ctx"] as Context<Record<string, unknown>>;
  const kind = engine.name === OURS.cached ? "" : engine.name.replace(OURS.cached, "");
  return WORKLOADS.map((each) => {
    const feature = context.feature(keys[each]);
    return source(`${each} by handle${kind}`, "if (feature.isEnabled()) on++;", { feature }, false, clock);
  });
}

/** Returns the rows of contexts that are built for two and five reads. */
export function severalRows(names: Names, { keys, rollouts }: Workload, clock: Clock): Row[] {
  const all = [keys.W2, keys.W3, keys.W1, keys.W4, rollouts.find((key) => key !== keys.W2) ?? ""];
  return [2, 5].map((count) => {
    const reads = all.slice(0, count).map((_, at) => `if (built.isEnabled(all[${at}])) on++;`);
    const statement = `const built = ${BUILT}; ${reads.join(" ")}`;
    return source(`C${count} ${OURS.cached}`, statement, { ...names, all }, false, clock);
  });
}

/** Returns the row of the floor of cached reads: a comparison, and a key that is looked up in a map. */
export function floorRow(of: string, { keys, answers }: Workload, clock: Clock): Row {
  const map = new Map(Object.keys(answers).map((key) => [key, true]));
  const names = { map, key: keys.W1, held: { last: map } };
  return source(`floor ${of}`, "if (held.last === map && map.get(key)) on++;", names, false, clock);
}
