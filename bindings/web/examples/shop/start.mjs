// Starts the shop: an Edge with the features of `state.yaml`, and a development server with the page.
import { spawn } from "node:child_process";
import console from "node:console";
import process from "node:process";
import { createInterface } from "node:readline";
import { createServer } from "vite";

const ENVIRONMENT = "8b4a9dae-538d-4d9d-8f62-b7dd49d07d03";
const root = import.meta.dirname;
const { FH = "fh", PORT = "5173" } = process.env;

const state = process.argv[2] ?? `${root}/state.yaml`;
const flags = ["serve", "--state", state, "--listen", "127.0.0.1", "--port", "0", "--json"];
const edge = spawn(FH, flags, { stdio: ["ignore", "pipe", "inherit"] });
edge.on("error", (error) => {
  console.error(`the program ${FH} cannot be started: ${error.message}; the variable FH names it`);
  process.exit(1);
});
process.on("exit", () => edge.kill());
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit());

let address = "";
for await (const line of createInterface(edge.stdout)) {
  address = /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? "";
  if (address !== "") break;
}
const settings = {
  edge: `http://${address}`,
  keys: {
    client: `${ENVIRONMENT}/iooQ5afd3mYwEPBewQpWCZgSaRDOre*KxoucOoYQbOnaSX83Ddg`,
    server: `${ENVIRONMENT}/PrURuGWLjVe34pi3r2sZQZo2SdUPrtG1kzSJ5WBE`,
  },
};
const server = await createServer({
  configFile: false,
  root,
  define: { SETTINGS: JSON.stringify(settings) },
  oxc: { jsx: { runtime: "automatic" } },
  server: { host: "127.0.0.1", port: Number(PORT) },
});
await server.listen();
console.log(`Edge: ${settings.edge}`);
console.log(`Shop: ${server.resolvedUrls?.local[0] ?? ""}`);
