import type { Surroundings } from "./measure.ts";

/** Returns how much is measured and compared. A quick run gives a first impression. */
export function efforts(isQuick: boolean): Pick<Surroundings, "effort" | "every"> {
  return isQuick
    ? { effort: { repetitions: 3, microseconds: 2000 }, every: 32 }
    : { effort: { repetitions: 25, microseconds: 10_000 }, every: 1 };
}
