import { Client, toScript } from "fh-client";
import { FeatureProvider } from "fh-react";
import type { ReactNode } from "react";
import { hydrateRoot } from "react-dom/client";

/** On the server: the page for one user, and the script element with the values. */
export function rendered(client: Client, context: { userkey: string }, app: ReactNode) {
  const state = client.context(context).dehydrate();
  const script = `<script type="application/json" id="features">${toScript(state)}</script>`;
  const page = (
    <FeatureProvider client={client} context={context} hydrate={state}>
      {app}
    </FeatureProvider>
  );
  return { script, page };
}

/** In the page. */
export function hydrate(root: HTMLElement, context: { userkey: string }, app: ReactNode) {
  const state = document.getElementById("features")?.textContent ?? "";
  hydrateRoot(
    root,
    <FeatureProvider url="https://edge.example" apiKey="environment/key" context={context} hydrate={state}>
      {app}
    </FeatureProvider>,
  );
}
