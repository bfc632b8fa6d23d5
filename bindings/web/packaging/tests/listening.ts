import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program in Node that serves pages. */
export class Listening implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  /** Starts a program, and waits until it prints its address after `Local:`, as Next does. */
  static async start(program: readonly string[], options: SpawnOptions): Promise<Listening> {
    const child = spawn(process.execPath, program, { ...options, stdio: ["ignore", "pipe", "inherit"] });
    const { stdout } = child;
    for await (const line of createInterface(stdout)) {
      const address = /Local: +(http:\S+)/.exec(line)?.[1];
      if (address === undefined) continue;
      // What nothing reads would stop the program.
      stdout.resume();
      return new Listening(address, child);
    }
    throw new Error(`${program[0]} ended without an address`);
  }

  /** Ends the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.kill()) await once(this.#process, "exit");
  }
}
