/**
 * A server that passes requests below `/features` to an Edge and compresses what may be compressed. The first argument is `express` or
 * `webpack`, the second one is the URL of the Edge. The program prints its address.
 */
import compression from "compression";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import webpack from "webpack";
import WebpackDevServer from "webpack-dev-server";

const [kind, edge] = process.argv.slice(2);
const listening = ({ port }) => console.log(`Local: http://127.0.0.1:${port}`);

if (kind === "express") {
  const app = express().use(compression(), express.static("public"));
  app.use(createProxyMiddleware("/features", { target: edge, logLevel: "error" }));
  const server = app.listen(0, "127.0.0.1", () => listening(server.address()));
} else {
  const compiler = webpack({
    mode: "development",
    entry: "./main.js",
    infrastructureLogging: { level: "error" },
  });
  const server = new WebpackDevServer(
    { host: "127.0.0.1", port: 0, proxy: [{ context: "/features", target: edge, logLevel: "error" }] },
    compiler,
  );
  await server.start();
  listening(server.server.address());
}
