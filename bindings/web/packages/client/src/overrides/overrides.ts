import { type AnyFlags, type FlagKey, plainValue } from "../reads/plain_value.ts";
import { intercept, type Override, overridesChanged, type Repository } from "../repository/lib.ts";
import { Decimal, Json } from "../repository/value.ts";
import type { BaggageContext, BaggageOptions, OverrideEntry, OverrideOptions } from "./options.ts";

/** The name of the interceptor that applies overrides, which details and notices show. */
const NAME = "overrides";

interface Entry {
  readonly value: NonNullable<Override> | null;
  readonly evenIfLocked: boolean;
}

/**
 * Values that replace those of features in all reads of one client, whatever the context. Change listeners are called if the value that
 * they see changes. A feature need not exist. A value that does not fit the type of its feature is not used, and a notice says so.
 *
 * @example
 * ```ts
 * client.overrides.set("NEW_CHECKOUT", true);
 * client.overrides.set("COLOUR", null, { evenIfLocked: true });
 * client.overrides.delete("NEW_CHECKOUT");
 * ```
 */
export class Overrides<F extends object = AnyFlags> {
  readonly #byKey = new Map<string, Entry>();
  readonly #repository: Repository;
  /** Called after each change. @internal */
  onChange: (() => void) | undefined;

  /** @internal */
  constructor(repository: Repository) {
    this.#repository = repository;
    const override = ({
      key,
      feature,
    }: {
      key: string;
      feature: { isLocked: boolean } | undefined;
    }): Override => {
      const entry = this.#byKey.get(key);
      return entry && (entry.evenIfLocked || feature?.isLocked !== true) ? entry.value : undefined;
    };
    intercept(repository, { name: NAME, intercept: override }, "decide");
  }

  /**
   * Overrides a feature. An object is the document of a JSON feature. With null, reads have no value, so that they return defaults.
   * `undefined`, and anything else that has no form in JSON, ends the override.
   *
   * @example
   * ```ts
   * client.overrides.set("LIMITS", { perDay: 5 });
   * client.overrides.set("COLOUR", null); // reads return their defaults
   * ```
   */
  set<K extends FlagKey<F>>(key: K, value: F[K] | null, options?: OverrideOptions): void;
  set(key: string, given: unknown, { evenIfLocked = false }: OverrideOptions = {}): void {
    const value = overrideOf(given);
    if (value === undefined) this.delete(key as FlagKey<F>);
    else {
      this.#byKey.set(key, { value, evenIfLocked });
      this.#changed();
    }
  }

  /** Ends the override of a feature. Returns false if there was none. */
  delete(key: FlagKey<F>): boolean {
    const isDeleted = this.#byKey.delete(key);
    if (isDeleted) this.#changed();
    return isDeleted;
  }

  /** Ends all overrides, except those of {@link Overrides.fromBaggage}. */
  clear(): void {
    if (this.#byKey.size === 0) return;
    this.#byKey.clear();
    this.#changed();
  }

  /**
   * Returns all overrides in the order in which their features were first overridden, except those of {@link Overrides.fromBaggage}.
   *
   * @example
   * ```ts
   * for (const { key, value } of client.overrides.entries()) console.log(key, value);
   * ```
   */
  entries(): OverrideEntry[] {
    return Array.from(this.#byKey, ([key, { value, evenIfLocked }]) => {
      return {
        key,
        value: typeof value === "object" ? (plainValue(value ?? undefined) ?? null) : value,
        evenIfLocked,
      };
    });
  }

  #changed(): void {
    this.onChange?.();
    overridesChanged(this.#repository);
  }

  /**
   * Overrides features for one context with the entry `fhub` of a request's header `baggage`, which carries the values that an earlier
   * service of the request has read. The overrides hold for as long as the object of the context lives; another call
   * for the context replaces them.
   *
   * **The sender of a request controls this header.** Call this method only for senders that may override features, or name the features
   * with `keys`.
   *
   * @example
   * ```ts
   * const mara = client.context({ userkey: "mara" });
   * await client.overrides.fromBaggage(request.headers.baggage, mara, { keys: ["NEW_CHECKOUT"] });
   * ```
   */
  async fromBaggage(
    header: string | readonly string[] | null | undefined,
    context: BaggageContext,
    options: BaggageOptions = {},
  ): Promise<void> {
    const { overrideFromBaggage } = await import("./baggage.ts");
    overrideFromBaggage(this.#repository, header, context.attributes, options);
  }
}

/** Returns the value with which an interceptor overrides a feature; `undefined` for what has no form in JSON. */
function overrideOf(value: unknown): Override {
  if (typeof value === "object" && value !== null && !(value instanceof Decimal || value instanceof Json)) {
    const text = documentOf(value);
    return text === undefined ? undefined : new Json(text);
  }
  if (typeof value === "bigint") return String(value);
  return typeof value === "function" || typeof value === "symbol" ? undefined : (value as Override);
}

function documentOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
