import type { Attributes } from "../../attributes.ts";
import type { Answer } from "../answer.ts";
import type { ClockFn } from "../dispatcher.ts";
import { Decimal, Json } from "../value.ts";
import { userKey } from "./event.ts";
import type { Deduplicate } from "./mod.ts";

/** Returns a text that is equal for equal evaluations. Rust compares hashes of these parts. */
export function fingerprint(key: string, answer: Answer, attributes: Attributes | undefined): string {
  const { value, strategyId, interceptor } = answer;
  const type = value instanceof Decimal ? "n" : value instanceof Json ? "j" : (typeof value).charAt(0);
  const user = attributes && (userKey(attributes) ?? [...attributes]);
  return JSON.stringify([key, type, String(value), strategyId ?? null, interceptor ?? null, user ?? null]);
}

/** The selection of the evaluations that are passed to one observer. */
export class Sampling {
  readonly #oneOf: number;
  readonly #recent: Recent | undefined;
  #count = 0;

  constructor(oneOf = 1, deduplicate?: Deduplicate) {
    this.#oneOf = oneOf;
    this.#recent = deduplicate && new Recent(deduplicate);
  }

  /**
   * Returns true if an evaluation is passed to the observer. Repetitions are removed before sampling, so that the sample consists
   * of different evaluations.
   */
  letsThrough(print: () => string, clock: ClockFn): boolean {
    if (this.#recent && !this.#recent.isNews(print(), clock())) return false;
    return this.#count++ % this.#oneOf === 0;
  }
}

/**
 * The recent evaluations that were not left out as repetitions, in two halves. When the younger half is full, it replaces the
 * older half, which is forgotten.
 */
class Recent {
  readonly #window: number;
  readonly #half: number;
  #younger = new Map<string, number>();
  #older = new Map<string, number>();

  constructor({ window, remembered }: Deduplicate) {
    this.#window = Math.floor(window * 1000);
    this.#half = Math.max(Math.ceil(remembered / 2), 1);
  }

  isNews(print: string, now: number): boolean {
    const last = this.#younger.get(print) ?? this.#older.get(print);
    // If the clock was set back, the age is unknown, so the evaluation counts as new.
    if (last !== undefined && now >= last && now - last < this.#window) return false;
    if (this.#younger.size >= this.#half && !this.#younger.has(print)) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(print, now);
    return true;
  }
}
