import type { Engine, Names, Running } from "./engine.ts";
import type { Workload } from "./workload.ts";

/** The bounds of a rollout to 20 % with another hash than FeatureHub's, as shares of all users of all rollouts. */
const [LOWEST, HIGHEST] = [0.18, 0.22];

type Reader = (keys: readonly string[]) => unknown[] | Promise<unknown[]>;

/**
 * Compares the answers of an engine to each flag for every user, or every so many users. Returns a sentence on what was compared.
 *
 * @throws an error that names the first difference
 */
export async function compare(
  engine: Engine,
  running: Running,
  { users, answers, rollouts }: Workload,
  every = 1,
): Promise<string> {
  const drawn = new Set(engine.hasFeatureHubHash === true ? [] : rollouts);
  const keys = Object.keys(answers);
  let [on, compared] = [0, 0];
  for (let at = 0; at < users.length; at += every) {
    const user = users[at];
    if (!user) break;
    compared++;
    const found = await reader(engine, await running.context(user))(keys);
    for (const [position, key] of keys.entries()) {
      const answer = found[position];
      if (drawn.has(key)) on += answer === true ? 1 : 0;
      else if (answer !== (answers[key]?.[at] === "1"))
        throw new Error(`${key} is ${String(answer)} for user ${at}`);
    }
  }
  const equal = `${keys.length - drawn.size} flags × ${compared} users are equal`;
  if (drawn.size === 0) return equal;
  const share = on / (drawn.size * compared);
  const percent = `${(share * 100).toFixed(1)} %`;
  if (share < LOWEST || share > HIGHEST)
    throw new Error(`the rollouts to 20 % include ${percent} of the users`);
  return `${equal}, and its ${drawn.size} rollouts include ${percent}`;
}

/** Returns a function that reads keys for the user of the names. */
function reader({ read, isAsync = false }: Engine, names: Names): Reader {
  const body = isAsync
    ? `return async (keys) => { const found = []; for (const key of keys) found.push(await ${read}); return found; }`
    : `return (keys) => keys.map((key) => ${read})`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the sources are constants of the bench
  return (new Function(...Object.keys(names), body) as (...values: unknown[]) => Reader)(
    ...Object.values(names),
  );
}
