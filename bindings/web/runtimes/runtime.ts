import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folder into which `cargo xtask web runtimes` installs the packages of this folder's lock file. */
export const INSTALLED = required("FH_RUNTIMES");

/** A runtime in which the example runs. */
export interface Runtime {
  readonly name: string;
  /** Returns the version. Throws if the runtime is not installed or does not start. */
  version(): Promise<string>;
  /** Runs the file `main.ts` of a project after the file `edge.mjs`, and returns what it prints. */
  printed(project: string): Promise<string>;
}

/** The path of an installed file. */
export function installed(...path: readonly string[]): string {
  return join(INSTALLED, "node_modules", ...path);
}

/** Runs a program, and returns its standard output without white space at the ends. */
export async function output(program: string, line: readonly string[], folder = INSTALLED): Promise<string> {
  const { stdout } = await run(program, line, { cwd: folder });
  return stdout.trim();
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing; run: cargo xtask web runtimes`);
  return value;
}
