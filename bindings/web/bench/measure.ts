import { compare } from "./answers.ts";
import type { Engine } from "./engine.ts";
import { type EngineFiles, ours, OURS } from "./ours.ts";
import { handleRows, readRows } from "./reads.ts";
import { patternRows } from "./patterns.ts";
import { calls, type Clock, type Effort, type Figure, interleave, type Row } from "./timing.ts";
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
  readonly say: (text: string) => void;
}

/** The figures of one runtime. */
export interface Measured {
  readonly figures: Readonly<Record<string, Figure>>;
  /** By the names of the engines: what was compared. */
  readonly compared: Readonly<Record<string, string>>;
  /** By the names of the engines that are not measured: the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/** Compares the answers of all engines, and then measures them in this process. */
export async function measure(given: Surroundings): Promise<Measured> {
  const { read, files, peers, clock, effort, every, say } = given;
  const workload = await readWorkload(read);
  const [user] = workload.users;
  if (!user) throw new Error("the workload has no users");
  const rows: Row[] = [];
  const compared: Record<string, string> = {};
  const leftOut: Record<string, string> = {};
  const close: (() => unknown)[] = [];
  const ownNames = new Set<string>(Object.values(OURS));
  for (const engine of [...ours(files, workload), ...peers]) {
    const isOurs = ownNames.has(engine.name);
    try {
      const payload = await read(engine.payload);
      const running = await engine.start(payload);
      close.push(() => running.close());
      const found = await compare(engine, running, workload, every);
      compared[engine.name] = found;
      const names = await running.context(user);
      rows.push(...readRows(engine, names, workload, clock));
      if (isOurs) rows.push(...handleRows(engine, names, workload, clock));
      if (engine.isLoadMeasured === true) rows.push(peerLoad(engine, payload, clock));
    } catch (error) {
      if (isOurs) throw error;
      leftOut[engine.name] = error instanceof Error ? error.message : String(error);
    }
    say(`${engine.name}: ${compared[engine.name] ?? `left out: ${leftOut[engine.name] ?? ""}`}`);
  }
  const both = payloads(await read("regex-featurehub.json"), workload);
  rows.push(...loadRows(both, files, clock), ...(await changeRows(both, files, workload)));
  rows.push(...(await patternRows(clock)));
  const figures = await interleave(rows, effort, say);
  for (const each of close) await each();
  return { figures, compared, leftOut };
}

function peerLoad(engine: Engine, payload: string, clock: Clock): Row {
  return calls(`load ${engine.name}`, async () => (await engine.start(payload)).close(), clock);
}
