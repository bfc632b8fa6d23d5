import type { Client } from "fh-client";

/** The listeners of a client, and the contexts that it makes per second. */
const [LISTENERS, CONTEXTS_PER_SECOND] = [50, 5];

/** The key of the feature that changes. */
export const CHANGING = "COUNTER";

/** What a client has done so far. */
export interface Done {
  /** The number of calls of listeners. */
  readonly delivered: number;
  readonly contexts: number;
  /** The value that the client reads now. */
  readonly value: number | undefined;
}

/** Uses a client as a program does: with listeners, and contexts that are made, read and dropped. Returns what was done until each call. */
export function use(client: Client): () => Done {
  let [delivered, contexts] = [0, 0];
  for (let listener = 0; listener < LISTENERS; listener++)
    client.context({ userkey: `listener-${listener}` }).onChange(CHANGING, () => delivered++);
  setInterval(() => {
    const context = client.context({ userkey: `user-${contexts++}`, plan: ["gold", "beta"] });
    for (const key of client.keys()) context.value(key);
  }, 1000 / CONTEXTS_PER_SECOND);
  return () => ({ delivered, contexts, value: client.number(CHANGING) });
}
