import type { Kind } from "../repository/lib.ts";

/**
 * A change of a feature. A member that is `undefined` changes nothing.
 *
 * @example
 * ```ts
 * const change: FeatureChange<string> = { value: "red", locked: true };
 * ```
 */
export interface FeatureChange<V = unknown> {
  /** The value if no strategy matches; null for no value. */
  readonly value?: V | null | undefined;
  /** The type. By default the type of the first value: BOOLEAN, NUMBER, STRING, or JSON for an object. */
  readonly type?: Kind | undefined;
  /** True if interceptors must not override the value. */
  readonly locked?: boolean | undefined;
  /** The strategies in FeatureHub's JSON form. They need the engine. */
  readonly strategies?: readonly object[] | undefined;
  /** The feature's properties. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** A feature in FeatureHub's JSON form. */
interface FeatureForm {
  readonly id: string;
  readonly key: string;
  readonly version: number;
  readonly type: Kind;
  readonly value: unknown;
  readonly l: boolean;
  readonly strategies: readonly object[];
  readonly fp: Readonly<Record<string, string>>;
}

/** The features of a test, in the order in which they were made. */
export class TestFeatures {
  readonly #byKey = new Map<string, FeatureForm>();
  #made = 0;

  /** Changes a feature, or makes it. Its version increases by 1. */
  change(key: string, { value, type, locked, strategies, properties }: FeatureChange): void {
    const known = this.#byKey.get(key);
    const kind = type ?? known?.type ?? kindOf(value);
    this.#byKey.set(key, {
      id: known?.id ?? `00000000-0000-4000-8000-${String(++this.#made).padStart(12, "0")}`,
      key,
      version: (known?.version ?? 0) + 1,
      type: kind,
      value: value === undefined ? (known?.value ?? null) : valueIn(kind, value),
      l: locked ?? known?.l ?? false,
      strategies:
        strategies?.map((each) => ({ ...each, value: valueIn(kind, (each as { value?: unknown }).value) })) ??
        known?.strategies ??
        [],
      fp: properties ?? known?.fp ?? {},
    });
  }

  /** Deletes a feature. */
  delete(key: string): void {
    this.#byKey.delete(key);
  }

  /** True if a feature has strategies. */
  get haveRules(): boolean {
    return [...this.#byKey.values()].some(({ strategies }) => strategies.length > 0);
  }

  /** Returns the JSON of a feature; `undefined` if it does not exist. */
  jsonOf(key: string): string | undefined {
    const feature = this.#byKey.get(key);
    return feature && JSON.stringify(feature);
  }

  /** Returns the JSON of each feature. */
  json(): string[] {
    return Array.from(this.#byKey.values(), (feature) => JSON.stringify(feature));
  }
}

function kindOf(value: unknown): Kind {
  if (typeof value === "boolean") return "BOOLEAN";
  if (typeof value === "number") return "NUMBER";
  return typeof value === "object" && value !== null ? "JSON" : "STRING";
}

/** Returns the value as FeatureHub's JSON holds it: a document is a text. */
function valueIn(kind: Kind, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  return kind === "JSON" && typeof value !== "string" ? JSON.stringify(value) : value;
}
