import { compare } from "./answers.ts";
import type { Engine } from "./engine.ts";
import { type EngineFiles, ours, OURS } from "./ours.ts";
import { floorRow, handleRows, readRows, severalRows } from "./reads.ts";
import { patternRows } from "./patterns.ts";
import { calls, type Clock, type Effort, type Figure, figureOf, type Row, rounds } from "./timing.ts";
import { changeRows, loadRows, payloads } from "./updates.ts";
import { type ReadPayload, readWorkload } from "./workload.ts";

/** What a runtime provides. */
export interface Surroundings {
  readonly read: ReadPayload;
  readonly files: EngineFiles;
  readonly peers: readonly Engine[];
  readonly clock: Clock;
  readonly effort: Effort;
  /** Compares the answers of every so many users. */
  readonly every: number;
}

/** The nanoseconds of one call, by the names of the rows. */
export type Times = Readonly<Record<string, number>>;

/** What a process or a page measures: one SDK, or the loads and changes of `fh-client`. */
export interface Subject {
  /** What was compared; `undefined` if the SDK is not measured, or without an SDK. */
  readonly compared?: string | undefined;
  /** The reason why the SDK is not measured. */
  readonly leftOut?: string | undefined;
}

/** A subject in another process or page. */
export interface Measuring extends Subject {
  /** Measures each row once. */
  readonly round: () => Promise<Times>;
  readonly close: () => unknown;
}

/** The figures of one runtime. */
export interface Measured {
  readonly figures: Readonly<Record<string, Figure>>;
  /** By the names of the engines: what was compared. */
  readonly compared: Readonly<Record<string, string>>;
  /** By the names of the engines that are not measured: the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/** The subject that holds no SDK. */
const LOADS = "loads and changes";

/** Returns the names of what is measured beside these peers, each in a process or a page of its own. */
export function subjects(peers: readonly Engine[]): string[] {
  return [...Object.values(OURS), LOADS, ...peers.map(({ name }) => name)];
}

/** Compares the answers of an SDK, and prepares its rows. */
export async function prepare(
  given: Surroundings,
  name: string,
): Promise<Subject & Pick<Measuring, "round">> {
  const { read, files, peers, clock, effort, every } = given;
  const workload = await readWorkload(read);
  const engine = [...ours(files, workload), ...peers].find((each) => each.name === name);
  if (!engine) {
    const both = payloads(await read("regex-featurehub.json"), workload);
    const rows = [...loadRows(both, files, clock), ...(await changeRows(both, files, workload))];
    return { round: await rounds([...rows, ...(await patternRows(clock))], effort) };
  }
  const isOurs = !peers.includes(engine);
  try {
    const [user] = workload.users;
    if (!user) throw new Error("the workload has no users");
    const payload = await read(engine.payload);
    const running = await engine.start(payload);
    const compared = await compare(engine, running, workload, every);
    const names = await running.context(user);
    const rows: Row[] = readRows(engine, names, workload, clock);
    if (isOurs) rows.push(...handleRows(engine, names, workload, clock), floorRow(name, workload, clock));
    if (name === OURS.cached) rows.push(...severalRows(names, workload, clock));
    if (engine.isLoadMeasured === true)
      rows.push(calls(`load ${name}`, async () => (await engine.start(payload)).close(), clock));
    return { compared, round: await rounds(rows, effort) };
  } catch (error) {
    if (isOurs) throw error;
    const leftOut = error instanceof Error ? error.message : String(error);
    return { leftOut, round: () => Promise.resolve({}) };
  }
}

/** Measures subjects in turn, so that other work on the machine slows all of them down. */
export async function inTurn(
  names: readonly string[],
  start: (name: string) => Promise<Measuring>,
  { repetitions }: Effort,
  say: (text: string) => void,
): Promise<Measured> {
  const times = new Map<string, number[]>();
  const compared: Record<string, string> = {};
  const leftOut: Record<string, string> = {};
  const all: Measuring[] = [];
  for (const name of names) {
    const measuring = await start(name);
    all.push(measuring);
    if (measuring.compared !== undefined) compared[name] = measuring.compared;
    if (measuring.leftOut !== undefined) leftOut[name] = measuring.leftOut;
    say(`${name}: ${measuring.compared ?? `left out: ${measuring.leftOut ?? "no SDK"}`}`);
  }
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const { round } of all)
      for (const [row, time] of Object.entries(await round()))
        times.set(row, [...(times.get(row) ?? []), time]);
    if (repetition % 5 === 0) say(`${repetition} of ${repetitions} repetitions`);
  }
  for (const { close } of all) await close();
  const figures = Object.fromEntries(Array.from(times, ([row, of]) => [row, figureOf(of)]));
  return { figures, compared, leftOut };
}
