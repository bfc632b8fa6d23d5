/** The page that measures in Chromium: a global function, which the program of the bench calls. */
import { efforts } from "./efforts.ts";
import { type Measured, measure } from "./measure.ts";
import { pagePeers } from "./page_peers.ts";

declare global {
  /** Measures, and returns the figures. */
  var measureInPage: (isQuick: boolean) => Promise<Measured>;
}

globalThis.measureInPage = (isQuick) =>
  measure({
    read: async (name) => (await fetch(`/payloads/${name}`)).text(),
    files: {
      engine: new URL("/wasm/lean.wasm", location.href),
      fullEngine: new URL("/wasm/full.wasm", location.href),
    },
    peers: pagePeers,
    clock: () => performance.now() * 1000,
    ...efforts(isQuick),
    say: (text) => {
      console.log(text);
    },
  });
