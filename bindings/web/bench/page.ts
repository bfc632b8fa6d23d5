/** The page that measures one subject in Chromium: global functions, which the program of the bench calls. */
import { efforts } from "./efforts.ts";
import { type Measuring, prepare, type Subject } from "./measure.ts";
import { pagePeers } from "./page_peers.ts";

declare global {
  /** Prepares a subject. */
  var prepareInPage: (subject: string, isQuick: boolean) => Promise<Subject>;
  /** Measures a round of the subject. */
  var round: Measuring["round"];
}

globalThis.prepareInPage = async (subject, isQuick) => {
  const { round, ...prepared } = await prepare(
    {
      read: async (name) => (await fetch(`/payloads/${name}`)).text(),
      files: {
        engine: new URL("/wasm/lean.wasm", location.href),
        fullEngine: new URL("/wasm/full.wasm", location.href),
      },
      peers: pagePeers,
      clock: () => performance.now() * 1000,
      ...efforts(isQuick),
    },
    subject,
  );
  globalThis.round = round;
  return prepared;
};
