import { EdgeFeatureHubConfig, FeatureHubEventSourceClient } from "featurehub-javascript-client-sdk";

declare global {
  /** Opens a stream with the published SDK. */
  var openPublished: (url: string, key: string) => void;
  /** Returns what the published SDK reads. */
  var publishedColour: () => string | undefined;
}

globalThis.openPublished = (url, key) => {
  const config = new EdgeFeatureHubConfig(url, key);
  config.edgeServiceProvider((repository, config) => new FeatureHubEventSourceClient(config, repository));
  config.init();
  globalThis.publishedColour = () => config.repository().feature("COLOUR").getString();
};
