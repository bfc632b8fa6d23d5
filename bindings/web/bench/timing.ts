import type { Names } from "./engine.ts";

/** Something that is measured. */
export interface Row {
  readonly name: string;
  /** Measures this many calls, and returns the microseconds of all. */
  readonly measure: (calls: number) => number | Promise<number>;
}

/** The nanoseconds of one call: the median of all repetitions, and the time below which a tenth of them lie. */
export interface Figure {
  readonly median: number;
  readonly tenth: number;
}

/** Returns the present time in microseconds. */
export type Clock = () => number;

/** A sum of results that is kept, so that no compiler may leave a read out. */
export const sink = { total: 0 };

type Loop = (calls: number) => number | Promise<number>;

/**
 * Returns a row that runs a statement, which adds to `on`. Its names are constants. Each row is a function of its own, as in a program: the
 * reads of one engine do not slow down those of another in shared code of the bench.
 */
export function source(name: string, statement: string, names: Names, isAsync: boolean, clock: Clock): Row {
  const loop = `return ${isAsync ? "async " : ""}(calls) => {
    let on = 0;
    for (let call = 0; call < calls; call++) { ${statement} }
    return on;
  }`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the sources are constants of the bench
  const create = new Function(...Object.keys(names), loop) as (...values: unknown[]) => Loop;
  const run = create(...Object.values(names));
  const measure: Row["measure"] = isAsync
    ? async (calls) => {
        const begin = clock();
        sink.total += await run(calls);
        return clock() - begin;
      }
    : (calls) => {
        const begin = clock();
        sink.total += run(calls) as number;
        return clock() - begin;
      };
  return { name, measure };
}

/** Returns a row that calls a function. */
export function calls(name: string, call: () => unknown, clock: Clock): Row {
  return {
    name,
    measure: async (count) => {
      const begin = clock();
      for (let done = 0; done < count; done++) await call();
      return clock() - begin;
    },
  };
}

/** The number of repetitions, and the microseconds of each row in each repetition. */
export interface Effort {
  readonly repetitions: number;
  readonly microseconds: number;
}

/** Returns a function that measures each row once, in random order, and returns the nanoseconds of one call of each. */
export async function rounds(
  rows: readonly Row[],
  { microseconds }: Effort,
): Promise<() => Promise<Record<string, number>>> {
  const counts = new Map<Row, number>();
  for (const row of rows) counts.set(row, await countFor(row, microseconds));
  const random = randomNumbers(13);
  return async () => {
    const times: Record<string, number> = {};
    for (const row of shuffled(rows, random)) {
      const count = counts.get(row) ?? 1;
      times[row.name] = ((await row.measure(count)) / count) * 1000;
    }
    return times;
  };
}

/** Returns the number of calls that take about this time, after compilers have seen the row. */
async function countFor(row: Row, microseconds: number): Promise<number> {
  await row.measure(1);
  let count = 1;
  for (;;) {
    const spent = await row.measure(count);
    if (spent >= microseconds / 4) return Math.max(1, Math.round((count * microseconds) / spent));
    count = spent > microseconds / 64 ? Math.ceil((count * microseconds) / 2 / spent) : count * 8;
  }
}

/** Returns the median and the tenth percentile of several times. */
export function figureOf(times: readonly number[]): Figure {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, tenth: sorted[Math.floor(sorted.length / 10)] ?? NaN };
}

/** Returns a generator of numbers from 0 up to 1, the same in each run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const order = values.map((value) => ({ value, at: random() }));
  return order.sort((a, b) => a.at - b.at).map(({ value }) => value);
}
