import type { Engine } from "./engine.ts";
import { featureHubClient } from "./peers/featurehub.ts";
import { flipt } from "./peers/flipt.ts";
import { growthBook } from "./peers/growthbook.ts";

/** The SDKs that evaluate rules in pages. The others are for Node only. */
export const pagePeers: readonly Engine[] = [featureHubClient, growthBook, flipt];
