import type { Attributes } from "../../attributes.ts";
import { wellFormed } from "../../text/text.ts";
import { Answer } from "../answer.ts";
import { numberText } from "../attributes.ts";
import type { Feature } from "../feature.ts";
import { runs } from "../panic_guard.ts";
import { type Core, noticeOnce } from "../serving/core.ts";
import { Decimal, Json, type Value } from "../value.ts";
import { convert, type Converted } from "./convert.ts";
import type { InterceptedRead, Interceptor, LockPolicy, Override, OverrideChanges } from "./mod.ts";

/**
 * Maximum number of nested interceptions. Interceptions nest if an interceptor reads features itself. Deeper reads are not
 * intercepted.
 */
const DEPTH = 4;

/** The name of an interceptor whose name cannot be read. */
const UNNAMED = "unnamed";

/** Number of interceptions that are running. */
let depth = 0;

/** A registered interceptor. */
export class Entry {
  readonly id: number;
  name = UNNAMED;
  readonly policy: LockPolicy;
  readonly interceptor: Interceptor;
  readonly #repository: Core;
  #isClosed = false;
  /** Counts and reports a failure of the interceptor. */
  readonly failed = (): void => {
    this.#repository.counters.interceptorPanics++;
    noticeOnce(this.#repository, { kind: "interceptor_panicked", interceptor: this.name }, String(this.id));
  };

  constructor(repository: Core, interceptor: Interceptor, policy: LockPolicy) {
    this.id = repository.ids++;
    this.interceptor = interceptor;
    this.policy = policy;
    this.#repository = repository;
    runs(() => (this.name = wellFormed(interceptor.name)), this.failed);
  }

  /** Gives the interceptor the handle with which it reports changes. */
  register(notify: OverrideChanges["notify"]): void {
    runs(() => this.interceptor.registered?.({ notify }), this.failed);
  }

  /** Closes the interceptor on the first call. Later calls have no effect. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    runs(() => this.interceptor.close?.(), this.failed);
  }
}

/** The registered interceptors, in the order of their calls. A registration or removal creates a new chain. */
export type Chain = readonly Entry[];

/**
 * Calls the interceptors in order until one returns null or a value that fits the feature. If the feature is locked, leaves out
 * the interceptors that respect locks. Returns `undefined` if no interceptor overrides the feature, or if the calls are nested
 * too deeply.
 */
export function ask(
  chain: Chain,
  repository: Core,
  key: string,
  feature: Feature | undefined,
  attributes: Attributes | undefined,
): Answer | undefined {
  if (depth >= DEPTH) return undefined;
  depth++;
  try {
    const read: InterceptedRead = { key, feature, attributes };
    for (const entry of chain) {
      if (feature?.isLocked && entry.policy === "respect") continue;
      let value: Override;
      if (!runs(() => (value = valueOf(entry.interceptor.intercept(read))), entry.failed)) continue;
      if (value === undefined) continue;
      const converted = convertedFor(feature, value);
      if ("value" in converted) {
        return new Answer(feature, converted.value, "INTERCEPTED", undefined, entry.name);
      }
      repository.counters.refusedOverrides++;
      noticeOnce(
        repository,
        { kind: "override_refused", interceptor: entry.name, feature: key, why: converted.why },
        `${entry.id}:${key}`,
      );
    }
    return undefined;
  } finally {
    depth--;
  }
}

/** Converts an override to the type of the feature, if that is known. Refuses objects, such as the promise of an asynchronous interceptor. */
function convertedFor(
  feature: Feature | undefined,
  value: NonNullable<Override> | null,
): Converted | { readonly value: undefined } {
  if (value === null) return { value: undefined };
  if (typeof value === "object" && !(value instanceof Decimal || value instanceof Json))
    return { why: "the value is an object" };
  const kind = feature?.kind;
  return kind === undefined ? { value: value as Value } : convert(value as Value, kind);
}

/** Returns an override with numbers as decimals. A number that is not finite becomes a text, which is no number. */
function valueOf(override: Override): Value | null | undefined {
  if (typeof override === "string") return wellFormed(override);
  if (typeof override !== "number") return override;
  return Number.isFinite(override) ? Decimal.parse(numberText(override)) : String(override);
}
