import { program, type Sdk, type Surroundings } from "../featurehub/program.ts";
import { programOfTags } from "../featurehub/program_tags.ts";

declare global {
  /** Changes the value of the feature `COLOUR` at the Edge. The test provides it. */
  var setColour: Surroundings["setColour"];
  /** Runs the program in the page, and returns the lines that it prints. */
  var run: (edge: Omit<Surroundings, "setColour">) => Promise<string[]>;
  /** Runs the program of a page with `meta` tags. */
  var runTags: typeof run;
}

/** The interval of polls in milliseconds. That of both SDKs is 30 seconds in browsers. */
const INTERVAL = 100;

/** Lets the test run the program with an SDK. */
export function provide(sdk: Sdk): void {
  const { EdgeFeatureHubConfig, FeatureHubPollingClient } = sdk;
  EdgeFeatureHubConfig.defaultEdgeServiceSupplier = (repository, config) =>
    new FeatureHubPollingClient(repository, config, INTERVAL);
  globalThis.run = (edge) => program(sdk, { ...edge, setColour: globalThis.setColour });
  globalThis.runTags = (edge) => programOfTags(sdk, { ...edge, setColour: globalThis.setColour });
}
