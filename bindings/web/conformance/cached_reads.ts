import { type ContextAttributes, Ruleset } from "fh-client";

import { PLATFORM } from "adapter-platform";

import type { Profile } from "../packages/client/src/engine/module.ts";
import type { Kind } from "./protocol.ts";

/** A value, as JavaScript's own value and as the text of a number or a document, with its reason. */
export interface Expected {
  readonly value: unknown;
  readonly text: string | undefined;
  readonly reason: string;
}

/**
 * A payload as a {@link Ruleset}, which keeps answers as a client does. Clients evaluate with the profile `client` only, so that payloads from
 * an Edge show no cached answers of the profile `edge`.
 */
export class CachedReads {
  readonly #ruleset: Ruleset;
  readonly #clock: { now: number };

  private constructor(ruleset: Ruleset, clock: { now: number }) {
    this.#ruleset = ruleset;
    this.#clock = clock;
  }

  static async compile(payload: string, profile: Profile): Promise<CachedReads> {
    const clock = { now: 0 };
    const fullEngine = PLATFORM.fullEngine();
    const ruleset = await Ruleset.compile(payload, { profile, clock: () => clock.now, fullEngine });
    return new CachedReads(ruleset, clock);
  }

  /**
   * Reads a feature twice for one context, after a read without a context, whose answer is another one. The second read finds the answer of
   * the first one, unless the feature reads the clock.
   *
   * @throws an error if a read has another answer than the engine
   */
  check(key: string, kind: Kind, context: unknown, now: number, expected: Expected): void {
    this.#clock.now = now;
    const isNone = context === undefined || context === null;
    const source = isNone ? this.#ruleset : this.#ruleset.context(context as ContextAttributes);
    this.#ruleset.detailAs(key, kind);
    const wanted = JSON.stringify([expected.reason, expected.text ?? expected.value]);
    for (const name of ["first", "cached"]) {
      const { reason, text, value } = source.detailAs(key, kind);
      const found = JSON.stringify([reason, text ?? value]);
      if (found !== wanted) throw new Error(`the engine answered ${wanted}, and the ${name} read ${found}`);
    }
  }

  [Symbol.dispose](): void {
    this.#ruleset[Symbol.dispose]();
  }
}
