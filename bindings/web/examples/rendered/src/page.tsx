// The program of the page. Its client has a server-evaluated key, so that neither rules nor the engine reach the browser.
import { Client } from "fh-client";
import { FeatureProvider } from "fh-react";
import { hydrateRoot } from "react-dom/client";

import { App } from "./app.tsx";
import { type Flags, userOf, USERS } from "./flags.ts";
import { renderedStock } from "./stock.tsx";

const { edge = "", key = "" } = document.documentElement.dataset;
const hydrate = document.getElementById("flags")?.textContent ?? "";
const user = userOf(location.search);
const client = new Client<Flags>(edge, key, { hydrate, context: USERS[user] });
const root = document.getElementById("root");
if (root)
  hydrateRoot(
    root,
    <FeatureProvider client={client} hydrate={hydrate} context={USERS[user]}>
      <App user={user} stock={renderedStock} />
    </FeatureProvider>,
  );
