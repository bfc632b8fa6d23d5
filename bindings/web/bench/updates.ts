import { CLIENT_KEY, type EngineFiles, evaluatedFor, polled, SERVER_KEY, streamed } from "./ours.ts";
import { calls, type Clock, type Row } from "./timing.ts";
import type { Workload } from "./workload.ts";

/** The number of listeners to a changed feature. */
const LISTENERS = 100;

/** The features of the payload for both kinds of keys. */
interface Payloads {
  readonly clientEvaluated: string;
  readonly serverEvaluated: string;
}

/** Returns the payload of client-evaluated keys, and what an Edge makes of it for the first user. */
export function payloads(payload: string, workload: Workload): Payloads {
  const [user] = workload.users;
  if (!user) throw new Error("the workload has no users");
  return { clientEvaluated: payload, serverEvaluated: evaluatedFor(user, payload, workload) };
}

/** Returns the rows of loading 1,000 features: a client from its start to its end, beside `JSON.parse` of the text. */
export function loadRows(of: Payloads, files: EngineFiles, clock: Clock): Row[] {
  const load = (key: string, features: string) => async (): Promise<void> => {
    const client = await polled(key, features, files);
    client.close();
    await client.closed();
  };
  return [
    calls("load JSON.parse, client-evaluated", () => JSON.parse(of.clientEvaluated) as unknown, clock),
    calls("load JSON.parse, server-evaluated", () => JSON.parse(of.serverEvaluated) as unknown, clock),
    calls("load fh-client, client-evaluated", load(CLIENT_KEY, of.clientEvaluated), clock),
    calls("load fh-client, server-evaluated", load(SERVER_KEY, of.serverEvaluated), clock),
  ];
}

/**
 * Returns the rows of one changed feature of 1,000, from the event on the stream to the last of 100 listeners. The time is that on the wall,
 * in all runtimes.
 */
export async function changeRows(
  of: Payloads,
  files: EngineFiles,
  { keys, users }: Workload,
): Promise<Row[]> {
  const wall: Clock = () => performance.now() * 1000;
  const kinds = [
    ["client-evaluated", CLIENT_KEY, of.clientEvaluated],
    ["server-evaluated", SERVER_KEY, of.serverEvaluated],
  ] as const;
  return Promise.all(
    kinds.map(async ([name, key, features]) => {
      const { client, send } = await streamed(key, features, files);
      const changed = (
        JSON.parse(features) as { readonly key: string; value: boolean; version: number }[]
      ).find((feature) => feature.key === keys.W1);
      if (!changed) throw new Error(`the payload has no ${keys.W1}`);
      let called = 0;
      let last: () => void = () => undefined;
      for (let listener = 0; listener < LISTENERS; listener++) {
        const { userkey, country } = users[listener] ?? {};
        // With a server-evaluated key, only reads without a context have the values of each context.
        const reads = key === CLIENT_KEY ? client.context({ userkey, country }) : client;
        reads.onChange(keys.W1, () => {
          if (++called % LISTENERS === 0) last();
        });
      }
      return calls(
        `change, ${name}`,
        () => {
          changed.value = !changed.value;
          changed.version++;
          const delivered = new Promise<void>((resolve) => (last = resolve));
          send("feature", JSON.stringify(changed));
          return delivered;
        },
        wall,
      );
    }),
  );
}
