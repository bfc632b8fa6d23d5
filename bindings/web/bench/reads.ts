import type { Context } from "fh-client";

import type { Engine, Names } from "./engine.ts";
import { OURS } from "./ours.ts";
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
