import { compareBytes } from "../../text/text.ts";
import type { Answer } from "../answer.ts";
import type { Rules } from "../rules.ts";
import { after, type Millis } from "../time.ts";
import { usageText, usedFeature } from "./event.ts";
import type { SummaryWindow, UsageCount, UsageSummary } from "./mod.ts";
import { fingerprint } from "./sampling.ts";

/** The counts of the current window. */
export class Counts {
  readonly #every: number;
  readonly #distinct: number;
  #counts = new Map<string, UsageCount>();
  #uncounted = 0;
  #since: number;
  /** The end of the window on the dispatcher's clock; `undefined` until the dispatcher has checked the window. */
  #ends: Millis | undefined;

  constructor({ every = 60, distinct = 10_000 }: SummaryWindow, now: number) {
    this.#every = every * 1000;
    this.#distinct = distinct;
    this.#since = now;
  }

  /** Counts an evaluation. */
  count(rules: Rules, key: string, answer: Answer): void {
    // The fingerprint leaves out the user, so that evaluations of all users are counted together.
    const print = fingerprint(key, answer, undefined);
    const counted = this.#counts.get(print);
    const feature = usedFeature(rules, key, answer);
    if (feature === undefined) return;
    if (counted) {
      const version = Math.max(counted.feature.version, feature.version);
      this.#counts.set(print, { feature: { ...counted.feature, version }, count: counted.count + 1 });
    } else if (this.#counts.size >= this.#distinct) {
      this.#uncounted++;
    } else {
      this.#counts.set(print, { feature, count: 1 });
    }
  }

  /** Ends the window and begins the next one. Returns `undefined` if no evaluation was counted in the ended window. */
  take(now: number): UsageSummary | undefined {
    const [from, uncounted] = [this.#since, this.#uncounted];
    const counts = [...this.#counts.values()].sort(
      (left, right) =>
        compareBytes(left.feature.key, right.feature.key) ||
        compare(usageText(left.feature), usageText(right.feature)) ||
        compare(left.feature.strategyId, right.feature.strategyId),
    );
    this.#since = now;
    this.#counts = new Map();
    this.#uncounted = 0;
    return counts.length === 0 && uncounted === 0 ? undefined : { from, until: now, counts, uncounted };
  }

  /** Returns whether the window has ended, and the time at which the current or the newly begun window ends. */
  isDue(now: Millis): [isDue: boolean, ends: Millis] {
    const ends = this.#ends;
    if (ends !== undefined && now < ends) return [false, ends];
    const next = after(now, this.#every);
    this.#ends = next;
    return [ends !== undefined, next];
  }
}

/** Compares two texts by bytes. A missing text is the first. */
function compare(left: string | undefined, right: string | undefined): number {
  if (left === undefined || right === undefined)
    return Number(right === undefined) - Number(left === undefined);
  return compareBytes(left, right);
}
