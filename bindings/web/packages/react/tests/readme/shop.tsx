import { FeatureProvider, useBoolean, useString } from "fh-react";
import { createRoot } from "react-dom/client";

function Shop() {
  const title = useString("TITLE", "Shop");
  return (
    <main>
      <h1>{title}</h1>
      {useBoolean("NEW_CHECKOUT", false) ? <p>The new checkout</p> : <p>The old checkout</p>}
    </main>
  );
}

export function start(root: HTMLElement) {
  createRoot(root).render(
    <FeatureProvider
      url="https://edge.example"
      apiKey="environment/key"
      context={{ userkey: "mara", country: "new_zealand" }}
    >
      <Shop />
    </FeatureProvider>,
  );
}
