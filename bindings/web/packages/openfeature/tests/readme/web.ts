import { OpenFeature } from "@openfeature/web-sdk";
import { Client } from "fh-client";
import { FeatureHubWebProvider } from "fh-openfeature/web";

const client = new Client("https://edge.example", "environment/key");
await OpenFeature.setContext({ targetingKey: "mara", country: "new_zealand" });
await OpenFeature.setProviderAndWait(new FeatureHubWebProvider(client));

const flags = OpenFeature.getClient();
export const isNew = flags.getBooleanValue("NEW_CHECKOUT", false);
