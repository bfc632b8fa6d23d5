import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe } from "vitest";

const PROGRAM = process.env["FH"];
if (PROGRAM === undefined) {
  const told = "the variable FH does not name the program `fh`, which serves features";
  if (process.env["FH_SERVE"] === "required") throw new Error(told);
  console.warn(`*** NOT RUN: ${told} ***`);
}

/** Describes tests that need the program `fh`. Without it, the tests are skipped with a warning; with `FH_SERVE=required` that is an
 * error. */
export const describeServe = describe.skipIf(PROGRAM === undefined);

const ENVIRONMENT = "8b4a9dae-538d-4d9d-8f62-b7dd49d07d03";
/** A key with which the client evaluates the rules. */
export const CLIENT_KEY = `${ENVIRONMENT}/iooQ5afd3mYwEPBewQpWCZgSaRDOre*KxoucOoYQbOnaSX83Ddg`;
/** A key with which the server evaluates the rules. */
export const SERVER_KEY = `${ENVIRONMENT}/PrURuGWLjVe34pi3r2sZQZo2SdUPrtG1kzSJ5WBE`;

/** Returns a state file. `COLOUR` is blue for the user `mara`. */
export function state(colour = "red"): string {
  return `
features:
  - { key: NEW_CHECKOUT, type: BOOLEAN }
  - { key: COLOUR, type: STRING }
  - { key: PRICE, type: NUMBER }
  - { key: LIMITS, type: JSON }
environments:
  - name: dev
    id: ${ENVIRONMENT}
    values:
      NEW_CHECKOUT: true
      PRICE: 7.50
      LIMITS: { value: { perDay: 3 } }
      COLOUR:
        value: ${colour}
        strategies:
          - id: mara
            value: blue
            attributes:
              - { fieldName: userkey, type: STRING, conditional: EQUALS, values: [mara] }
accounts:
  - name: all
    clientKey: ${CLIENT_KEY.split("/")[1] ?? ""}
    serverKey: ${SERVER_KEY.split("/")[1] ?? ""}
    permissions: { dev: READ }
`;
}

/** Returns the value of `COLOUR` in {@link stateOfUsers} for the user. */
export function colourOf(user: number): string {
  return `colour of user ${user}`;
}

/** Returns a state file in which a strategy gives each of these users a value of `COLOUR`. */
export function stateOfUsers(count: number): string {
  const strategies = Array.from({ length: count }, (_, user) => {
    const rule = { fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: [`user-${user}`] };
    return { id: `user-${user}`, value: colourOf(user), attributes: [rule] };
  });
  const [before = "", after = ""] = state().split(/ {10}- id: mara[^]*(?=accounts:)/);
  return `${before.replace(/strategies:\s*$/, `strategies: ${JSON.stringify(strategies)}`)}\n${after}`;
}

/** A running `fh serve`. */
export class Served implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, process: ChildProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** Starts a server with a state file on a free port. */
  static async start(text = state()): Promise<Served> {
    const folder = await mkdtemp(join(tmpdir(), "fh-client-"));
    const file = join(folder, "state.yaml");
    await writeFile(file, text);
    const flags = ["serve", "--state", file, "--port", "0", "--listen", "127.0.0.1", "--json"];
    const child = spawn(PROGRAM ?? "fh", flags, { stdio: ["ignore", "pipe", "ignore"] });
    for await (const line of createInterface(child.stdout)) {
      const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) return new Served(`http://127.0.0.1:${port}`, child, folder);
    }
    throw new Error("fh serve ended without an address");
  }

  /** Replaces the state file, which the server reloads. */
  async change(text: string): Promise<void> {
    await writeFile(join(this.#folder, "state.yaml"), text);
    this.#process.kill("SIGHUP");
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
    await rm(this.#folder, { recursive: true });
  }
}
