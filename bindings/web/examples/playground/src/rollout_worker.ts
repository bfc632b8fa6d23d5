// Evaluates a feature for many users, in a thread of its own.
import { offline } from "./offline.ts";

/** A feature to evaluate; `run` names the run in the result. */
export interface RolloutRequest {
  readonly run: number;
  readonly features: string;
  readonly key: string;
}

/** The numbers of users by value. */
export interface RolloutResult {
  readonly run: number;
  readonly users: number;
  readonly counts: readonly (readonly [value: string, users: number])[];
}

const USERS = 10_000;

addEventListener("message", ({ data }: MessageEvent<RolloutRequest>) => {
  void rollOut(data).then((result) => {
    postMessage(result);
  });
});

async function rollOut({ run, features, key }: RolloutRequest): Promise<RolloutResult> {
  const client = await offline(features);
  const counts = new Map<string, number>();
  for (let user = 0; user < USERS; user++) {
    const { text, value } = client.context({ userkey: `user-${user}` }).detail(key);
    const shown = text ?? String(value);
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  client.close();
  return { run, users: USERS, counts: [...counts].sort(([, one], [, other]) => other - one) };
}
