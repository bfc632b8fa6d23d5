import { Refused } from "fh-client";

import type { AdapterClient } from "./clients.ts";
import type { UpdateCommand } from "./protocol.ts";

/** The answer to the command `update`. Statuses 200 and 201 are one outcome of the client, so their answer has no status. */
interface Updated {
  readonly accepted: boolean;
  readonly status?: number;
}

/** Changes a feature at the Edge. */
export async function update({ sdk }: AdapterClient, command: UpdateCommand): Promise<Updated> {
  const { feature, lock, value } = command;
  try {
    // The value null is a value, other than a missing one.
    const outcome = await sdk.testUpdates().set(feature, { value, lock: lock ?? undefined });
    return outcome === "unchanged" ? { accepted: true, status: 202 } : { accepted: true };
  } catch (error) {
    if (error instanceof Refused && error.status !== undefined) {
      return { accepted: false, status: error.status };
    }
    throw error;
  }
}
