import { event } from "adapter-loop";
import type { AdapterClient } from "./clients.ts";

/** The feature that is read. */
const FEATURE = "STATE";
/** Number of reads between two rests. Without rests, the readers would take all time from the client that they watch. */
const READS = 100;
const REST_MS = 3;
/** Maximum number of events `wrong` of one client. */
const MOST_EVENTS = 10;
const WORD = (1n << 64n) - 1n;

/** Starts so many readers of a client, which take turns. They end when the client is closed. */
export function startReaders(client: AdapterClient, count: number): void {
  let events = 0;
  const wrong = (message: string): void => {
    if (events++ < MOST_EVENTS) event("wrong", { client: client.name, message });
  };
  for (let started = 0; started < count; started++) new StateReader(client, wrong).run();
}

/** One reader: the client, and the values that it has seen. */
class StateReader {
  readonly #client: AdapterClient;
  readonly #wrong: (message: string) => void;
  #last: bigint | undefined;
  #wasReady = false;

  constructor(client: AdapterClient, wrong: (message: string) => void) {
    this.#client = client;
    this.#wrong = wrong;
  }

  run(): void {
    const { sdk } = this.#client;
    for (let reads = 0; reads < READS; reads++) this.#read(sdk.string(FEATURE));
    const { readiness } = sdk;
    if (readiness === "CLOSED") return;
    if (this.#wasReady && readiness !== "READY") this.#wrong(`the readiness is ${readiness} after READY`);
    this.#wasReady ||= readiness === "READY";
    setTimeout(() => {
      this.run();
    }, REST_MS);
  }

  #read(value: string | undefined): void {
    if (value === undefined) {
      if (this.#last !== undefined) this.#wrong(`there is no value after value ${this.#last}`);
      else if (this.#wasReady) this.#wrong("the client is ready and has no value");
      return;
    }
    const number = numberOf(value);
    if (number === undefined) this.#wrong(`${JSON.stringify(value)} was never served`);
    else if (this.#last !== undefined && number < this.#last) {
      this.#wrong(`value ${number} came after value ${this.#last}`);
    } else this.#last = number;
  }
}

/** Returns the number of a value that the runner serves; `undefined` for any other value. */
function numberOf(value: string): bigint | undefined {
  const digits = /^(\d+):/.exec(value)?.[1];
  if (digits === undefined) return undefined;
  const number = BigInt(digits);
  return value === `${number}:${mixed(number).toString(16).padStart(16, "0")}` ? number : undefined;
}

/** Returns the hash of a number, as the runner computes it. */
function mixed(number: bigint): bigint {
  let mix = (number + 0x9e37_79b9_7f4a_7c15n) & WORD;
  mix = ((mix ^ (mix >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & WORD;
  return mix ^ (mix >> 27n);
}
