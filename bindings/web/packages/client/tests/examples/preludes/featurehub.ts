/** The names that the examples of `fh-client/featurehub` use without a declaration. */
import type { EdgeFeatureHubConfig } from "fh-client/featurehub";

export declare const config: EdgeFeatureHubConfig;
