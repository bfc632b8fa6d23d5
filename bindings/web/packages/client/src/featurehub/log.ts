import { runs } from "../repository/panic_guard.ts";

/** A function that writes a log line. */
export type FHLogMethod = (...args: unknown[]) => void;

/**
 * The log of the layer. A program may replace each method.
 *
 * @example
 * ```ts
 * fhLog.trace = console.debug;
 * ```
 */
export class FHLog {
  /** The log that the layer uses. */
  static fhLog = new FHLog();

  log: FHLogMethod = (...args) => {
    console.log("FeatureHub/Log: ", ...args);
  };
  warn: FHLogMethod = (...args) => {
    console.warn("FeatureHub/Warn: ", ...args);
  };
  error: FHLogMethod = (...args) => {
    console.error("FeatureHub/Error: ", ...args);
  };
  trace: FHLogMethod = () => undefined;

  /** Makes the log write nothing from now on. */
  quiet(): void {
    const nothing = (): undefined => undefined;
    Object.assign(FHLog.fhLog, { log: nothing, warn: nothing, error: nothing, trace: nothing });
  }
}

/** The log that the layer uses. */
export const fhLog = /* @__PURE__ */ (() => FHLog.fhLog)();

/** Calls a function of the program, and logs what it throws, or the reason for which its promise is rejected. */
export function callListener(call: () => unknown): void {
  runs(call, (error) => {
    fhLog.error("Failed to trigger listener", error);
  });
}
