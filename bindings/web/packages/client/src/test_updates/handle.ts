import type { FlagKey } from "../reads/plain_value.ts";
import type { ClientParts } from "../driver/parts.ts";
import type { Outcome } from "./answer.ts";
import type { Update } from "./update.ts";

/**
 * A handle that changes features at the Edge, for tests. The API key needs permission to change features. If two clients change the same
 * feature at the same time, FeatureHub's server can lose one of the changes.
 *
 * @example
 * ```ts
 * const updates = client.testUpdates();
 * await updates.setAndWait("NEW_CHECKOUT", { value: true });
 * await updates.set("NEW_CHECKOUT", { lock: true });
 * ```
 */
export class TestUpdates<F extends object> {
  readonly #parts: ClientParts;
  readonly #apiKey: string | undefined;

  /** @internal */
  constructor(parts: ClientParts, apiKey: string | undefined) {
    this.#parts = parts;
    this.#apiKey = apiKey;
  }

  /**
   * Changes a feature, and returns once the Edge has answered. The client receives the change later, on its stream or with a later poll.
   *
   * @returns `unchanged` if the feature already had the value and the lock
   * @throws {@link Refused} if the Edge rejects the update; {@link EdgeProblem} if the Edge cannot be reached or does not answer in time, or
   *   if the client is closed; a TypeError if the API key is invalid, or if the update changes nothing
   */
  set<K extends FlagKey<F>>(key: K, update: Update<F[K]>): Promise<Outcome> {
    return this.#send(key, update);
  }

  /**
   * Changes a feature, and waits until this client has received the default value and the lock that the update sets. The update is sent once
   * more if the change has not arrived after 2 seconds, because FeatureHub's server sometimes loses a write. A client without an open stream
   * requests the features repeatedly during the wait.
   *
   * With a server-evaluated key, the client does not receive the default value of a feature while a strategy matches the client's context, so
   * that the wait can fail. Use {@link TestUpdates.set} for such a feature.
   *
   * @throws the errors of {@link TestUpdates.set}, and {@link Refused} with the reason `not_applied` if the change does not arrive within
   *   about 10 seconds
   *
   * @example
   * ```ts
   * await client.testUpdates().setAndWait("COLOUR", { value: "blue" });
   * console.log(client.string("COLOUR")); // "blue"
   * ```
   */
  setAndWait<K extends FlagKey<F>>(key: K, update: Update<F[K]>): Promise<Outcome> {
    return this.#send(key, update, true);
  }

  async #send(key: string, update: Update, waits?: boolean): Promise<Outcome> {
    return (await import("./send.ts")).sendUpdate(this.#parts, this.#apiKey, key, update, waits);
  }
}
