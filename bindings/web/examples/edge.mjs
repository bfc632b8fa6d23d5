// Starts the Edge of an example.
import { spawn } from "node:child_process";
import console from "node:console";
import process from "node:process";
import { createInterface } from "node:readline";

const ENVIRONMENT = "8b4a9dae-538d-4d9d-8f62-b7dd49d07d03";

/** The API keys of the state files, by the program that evaluates the rules. */
export const KEYS = {
  client: `${ENVIRONMENT}/iooQ5afd3mYwEPBewQpWCZgSaRDOre*KxoucOoYQbOnaSX83Ddg`,
  server: `${ENVIRONMENT}/PrURuGWLjVe34pi3r2sZQZo2SdUPrtG1kzSJ5WBE`,
};

/**
 * Starts `fh serve` with a state file, and returns its URL. The Edge ends with this program.
 *
 * @param {string} state - the path of the state file
 * @returns {Promise<string>}
 */
export async function startEdge(state) {
  const { FH = "fh" } = process.env;
  const flags = ["serve", "--state", state, "--listen", "127.0.0.1", "--port", "0", "--json"];
  const edge = spawn(FH, flags, { stdio: ["ignore", "pipe", "inherit"] });
  edge.on("error", (error) => {
    console.error(`the program ${FH} cannot be started: ${error.message}; the variable FH names it`);
    process.exit(1);
  });
  process.on("exit", () => edge.kill());
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit());
  for await (const line of createInterface(edge.stdout)) {
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address !== undefined) return `http://${address}`;
  }
  throw new Error(`${FH} serve ended without an address`);
}
