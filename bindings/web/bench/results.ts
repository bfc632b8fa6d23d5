import type { Measured } from "./measure.ts";
import type { Start } from "./startup/starts.ts";

/** A runtime with its figures. */
export interface Runtime extends Measured {
  /** Node's or Chromium's version. */
  readonly version: string;
}

/** The content of `web/performance.json` in the target folder. Times are nanoseconds if nothing else is said. */
export interface Results {
  readonly measured: {
    readonly date: string;
    readonly machine: string;
    /** The mean load of the last minute, before and after the measurement. */
    readonly load: readonly [before: string, after: string];
    readonly repetitions: number;
    readonly packages: readonly string[];
  };
  readonly runtimes: readonly Runtime[];
  /** By the names of the rows: bytes that a read adds to the heap of Node 22. */
  readonly allocated: Readonly<Record<string, number>>;
  readonly starts: readonly Start[];
}
