// Starts the playground: a development server with the page. There is no Edge.
import console from "node:console";
import process from "node:process";
import { createServer } from "vite";

const server = await createServer({
  configFile: false,
  root: import.meta.dirname,
  // A folder of its own, because servers that share one make each other's files outdated.
  cacheDir: `${import.meta.dirname}/../../node_modules/.vite/playground`,
  publicDir: "../public",
  worker: { format: "es" },
  server: { host: "127.0.0.1", port: Number(process.env["PORT"] ?? "5176") },
});
await server.listen();
console.log(`Playground: ${server.resolvedUrls?.local[0] ?? ""}`);
