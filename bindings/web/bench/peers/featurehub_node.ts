import { featureHub } from "./featurehub.ts";

/** The published SDK for Node, which exports that for browsers, with another connection. */
export const featureHubNode = featureHub(
  "featurehub-javascript-node-sdk",
  () => import("featurehub-javascript-node-sdk" as string) as Promise<unknown>,
);
