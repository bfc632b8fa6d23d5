import type * as layer from "../../src/featurehub/index.ts";

/** The names of the layer, or those of a published SDK. */
export type Sdk = typeof layer;

/** The Edge with which the program runs. */
export interface Surroundings {
  readonly url: string;
  readonly clientKey: string;
  readonly serverKey: string;
  /** Changes the value of the feature `COLOUR`. */
  setColour(colour: string): Promise<void>;
}

/** A function that prints a line. */
export type Print = (name: string, ...values: unknown[]) => void;

/** Returns the function that appends a line with a name and values. */
export function printer(lines: string[]): Print {
  return (name, ...values) => {
    const texts = values.map((value) => (value === undefined ? "undefined" : JSON.stringify(value)));
    lines.push(`${name}: ${texts.join(" ")}`);
  };
}

/** Returns the message of the error that a call throws. */
export function errorOf(call: () => unknown): string {
  try {
    return `no error, but ${String(call())}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Waits until the condition is true. The limit of the test ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
