import { FeatureProvider } from "fh-react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

import { Catalogue } from "./catalogue.tsx";
import { NewVersion } from "./new_version.tsx";
import { OverridePanel } from "./override_panel.tsx";
import { StatusBar } from "./status_bar.tsx";

/** The users of the shop. The state file has a strategy for Mara, and a rollout that is decided by the user key. */
const USERS = {
  mara: { userkey: "mara", country: "new_zealand" },
  fred: { userkey: "fred", country: "united_kingdom" },
  nobody: {},
} as const;

/** The settings that `start.mjs` puts into the page. */
declare const SETTINGS: {
  readonly edge: string;
  readonly keys: { readonly client: string; readonly server: string };
};

function isUser(name: string | null): name is keyof typeof USERS {
  return name !== null && Object.hasOwn(USERS, name);
}

function App() {
  const query = new URLSearchParams(location.search);
  const kind = query.get("key") === "server" ? "server" : "client";
  const given = query.get("user");
  const [user, setUser] = useState<keyof typeof USERS>(isUser(given) ? given : "mara");
  return (
    <FeatureProvider
      url={SETTINGS.edge}
      apiKey={SETTINGS.keys[kind]}
      options={{ catchUpdates: true, whileSwitching: "keep" }}
      context={USERS[user]}
    >
      <header>
        <h1>Shop</h1>
        <label>
          User{" "}
          <select
            value={user}
            onChange={({ target }) => {
              if (isUser(target.value)) setUser(target.value);
            }}
          >
            {Object.keys(USERS).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <nav aria-label="Kind of the API key">
          <a href="?key=client" aria-current={kind === "client" ? "page" : undefined}>
            client-evaluated
          </a>{" "}
          <a href="?key=server" aria-current={kind === "server" ? "page" : undefined}>
            server-evaluated
          </a>
        </nav>
      </header>
      <NewVersion />
      <main>
        <Catalogue />
        <OverridePanel />
      </main>
      <StatusBar />
    </FeatureProvider>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
