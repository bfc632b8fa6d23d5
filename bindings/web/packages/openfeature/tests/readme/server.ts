import { OpenFeature } from "@openfeature/server-sdk";
import { Client } from "fh-client";
import { FeatureHubServerProvider } from "fh-openfeature/server";

const client = new Client("https://edge.example", "environment/key*");
await OpenFeature.setProviderAndWait(new FeatureHubServerProvider(client));

const mara = { targetingKey: "mara", country: "new_zealand" };
export const isNew = await OpenFeature.getClient().getBooleanValue("NEW_CHECKOUT", false, mara);
