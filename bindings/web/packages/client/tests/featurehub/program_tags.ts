import { printer, type Sdk, type Surroundings, until } from "./program_tools.ts";

/** Uses the static class in a page whose `meta` tags name the Edge, the client-evaluated key, and the user `mara`. */
export async function programOfTags(sdk: Sdk, edge: Surroundings): Promise<string[]> {
  const lines: string[] = [];
  const print = printer(lines);
  const page = globalThis as { fhConfig?: unknown; fhContext?: unknown };
  const { config, context } = sdk.FeatureHub;
  print("keys", config.getApiKeys(), config.getHost() === `${edge.url}/`, config.initialized);
  print("attributes", context.getAttr("userkey"), context.getAttr("country"), context.getAttrs("interval"));
  print("globals", page.fhConfig === config, page.fhContext === context);
  await until(() => config.readyness === sdk.Readyness.Ready);
  const feature = sdk.FeatureHub.feature("COLOUR");
  print("values", feature.str, config.repository().getString("COLOUR"));
  await edge.setColour("green");
  // The interval of the tags is 100 milliseconds, that of both SDKs 30 seconds.
  await until(() => config.repository().getString("COLOUR") === "green");
  print("after a change", feature.str);
  config.close();

  const other = new sdk.EdgeFeatureHubConfig(edge.url, edge.serverKey);
  const theirs = other.newContext().userKey("fred");
  sdk.FeatureHub.set(other, theirs);
  print("set", sdk.FeatureHub.config === other, sdk.FeatureHub.context === theirs, page.fhConfig === other);
  await theirs.build();
  await until(() => other.readyness === sdk.Readyness.Ready);
  print("other values", sdk.FeatureHub.feature("COLOUR").str, other.closed);
  sdk.FeatureHub.close();
  print("closed", other.closed, sdk.FeatureHub.config === other);
  return lines;
}
