// Starts the playground: a development server with the page. There is no Edge.
import console from "node:console";
import process from "node:process";
import { createServer } from "vite";

const server = await createServer({
  configFile: false,
  root: import.meta.dirname,
  publicDir: "../public",
  worker: { format: "es" },
  server: { host: "127.0.0.1", port: Number(process.env["PORT"] ?? "5176") },
});
await server.listen();
console.log(`Playground: ${server.resolvedUrls?.local[0] ?? ""}`);
