import type { Attributes } from "../../attributes.ts";
import { wellFormed } from "../../text.ts";
import { Answer } from "../answer.ts";
import { numberText } from "../attributes.ts";
import type { Feature } from "../feature.ts";
import { runs } from "../panic_guard.ts";
import { Decimal, type Value } from "../value.ts";
import { convert } from "./convert.ts";
import type { InterceptedRead, Interceptor, LockPolicy, Override } from "./mod.ts";
import type { OverrideChanges } from "./override_changes.ts";

/**
 * Maximum number of nested interceptions. Interceptions nest if an interceptor reads features itself. Deeper reads are not
 * intercepted.
 */
const DEPTH = 4;

/** The name of an interceptor whose name cannot be read. */
const UNNAMED = "unnamed";

/** Number of interceptions that are running. */
let depth = 0;

/** A receiver of reports about interceptors that fail. */
export interface FaultReporter {
  /** Reports that the interceptor with this id and name threw. */
  interceptorPanicked(id: number, name: string): void;
  /** Reports that an override of `feature` was refused, and the reason. */
  overrideRefused(id: number, name: string, feature: string, why: string): void;
}

/** A registered interceptor. */
export class Entry {
  readonly id: number;
  readonly name: string;
  readonly policy: LockPolicy;
  readonly interceptor: Interceptor;
  #isClosed = false;

  constructor(id: number, interceptor: Interceptor, policy: LockPolicy, faults: FaultReporter) {
    this.id = id;
    this.interceptor = interceptor;
    this.policy = policy;
    let name = UNNAMED;
    if (!runs(() => (name = wellFormed(interceptor.name)))) faults.interceptorPanicked(id, name);
    this.name = name;
  }

  /** Gives the interceptor the handle with which it reports changes. */
  register(changes: OverrideChanges, faults: FaultReporter): void {
    this.#call(() => this.interceptor.registered?.(changes), faults);
  }

  /** Closes the interceptor on the first call. Later calls have no effect. */
  close(faults: FaultReporter): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#call(() => this.interceptor.close?.(), faults);
  }

  #call(call: () => void, faults: FaultReporter): void {
    if (!runs(call)) faults.interceptorPanicked(this.id, this.name);
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
  faults: FaultReporter,
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
      if (!runs(() => (value = valueOf(entry.interceptor.intercept(read))))) {
        faults.interceptorPanicked(entry.id, entry.name);
        continue;
      }
      if (value === undefined) continue;
      if (value === null) return new Answer(feature, undefined, "INTERCEPTED", undefined, entry.name);
      const kind = feature?.kind;
      const converted = kind === undefined ? { value: value as Value } : convert(value as Value, kind);
      if ("value" in converted) {
        return new Answer(feature, converted.value, "INTERCEPTED", undefined, entry.name);
      }
      faults.overrideRefused(entry.id, entry.name, key, converted.why);
    }
    return undefined;
  } finally {
    depth--;
  }
}

/** Returns an override with numbers as decimals. A number that is not finite becomes a text, which is no number. */
function valueOf(override: Override): Value | null | undefined {
  if (typeof override === "string") return wellFormed(override);
  if (typeof override !== "number") return override;
  return Number.isFinite(override) ? Decimal.parse(numberText(override)) : String(override);
}
