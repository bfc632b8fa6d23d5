import { Client } from "fh-client";
import { hydrateRoot } from "react-dom/client";

import { FeatureProvider } from "../../src/index.ts";
import { App, MARA } from "./app.tsx";

declare global {
  /** The client of the page. */
  var client: Client | undefined;
}

const { edge = "", key = "", hydrates = "" } = document.documentElement.dataset;
const state = document.getElementById("features")?.textContent ?? "";
globalThis.client = new Client(edge, key, {
  ...(hydrates === "client" && { hydrate: state }),
  context: MARA,
});
hydrateRoot(
  document.getElementById("root") as HTMLElement,
  <FeatureProvider client={globalThis.client} hydrate={state} context={MARA}>
    <App />
  </FeatureProvider>,
);
