import type { Engine } from "./engine.ts";
import { featBit } from "./peers/featbit.ts";
import { featureHubClient } from "./peers/featurehub.ts";
import { featureHubNode } from "./peers/featurehub_node.ts";
import { flipt } from "./peers/flipt.ts";
import { growthBook } from "./peers/growthbook.ts";
import { launchDarkly } from "./peers/launchdarkly.ts";
import { statsig } from "./peers/statsig.ts";
import { unleash } from "./peers/unleash.ts";

/** The SDKs that are measured in Node. */
export const nodePeers: readonly Engine[] = [
  ...[featureHubClient, featureHubNode, unleash, growthBook],
  ...[launchDarkly, statsig, featBit, flipt],
];
