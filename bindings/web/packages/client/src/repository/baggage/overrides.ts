import { lowerCase } from "../../text/text.ts";
import type { InterceptedRead, Interceptor, Override } from "../intercept/mod.ts";
import { Flags } from "./flags.ts";
import type { AllowedKeys } from "./mod.ts";

/**
 * An interceptor that overrides features with the values of one baggage entry, for reads for any context. The sender of a request
 * controls its baggage, so give the keys that it may override.
 *
 * For a BOOLEAN feature, `true`, `yes`, `1` and `t`, whatever their case, are true; any other value and null are false. Features
 * of other types, and missing features, are overridden with the text of the item, which the repository converts. An item without a
 * value overrides them with null.
 *
 * @example
 * ```ts
 * const overrides = new BaggageOverrides("BANNER=hello%20there,OTHER=1", new Set(["BANNER"]));
 * ```
 */
export class BaggageOverrides implements Interceptor {
  readonly name = "baggage";
  readonly #flags: Flags;
  readonly #allowed: AllowedKeys;

  /** Creates an interceptor from an entry's value, without the entry's name. */
  constructor(text: string, allowed: AllowedKeys = "all") {
    this.#flags = Flags.parse(text);
    this.#allowed = allowed;
  }

  /** Returns the value of the feature in the baggage; `undefined` if it has none. */
  intercept({ key, feature }: InterceptedRead): Override {
    if (!this.#flags.has(key) || !(this.#allowed === "all" || this.#allowed.has(key))) return undefined;
    const value = this.#flags.get(key);
    if (feature?.kind === "BOOLEAN") {
      return value !== undefined && ["true", "yes", "1", "t"].includes(lowerCase(value));
    }
    return value ?? null;
  }
}
