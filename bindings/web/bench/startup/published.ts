/** The same page with the published SDK. */
import { ANSWERED, settingsOfPage } from "./settings.ts";

interface Context {
  attributeValue(name: string, value: string): Context;
  build(): Promise<Context>;
  isEnabled(key: string): boolean;
}

interface Sdk {
  readonly EdgeFeatureHubConfig: new (
    url: string,
    key: string,
  ) => {
    newContext(): Context;
    addReadinessListener(call: () => void): void;
    init(): unknown;
  };
}

const { EdgeFeatureHubConfig } = (await import("featurehub-javascript-client-sdk" as string)) as Sdk;
const { url, key, attributes, feature } = settingsOfPage();
const config = new EdgeFeatureHubConfig(url, key);
const context = config.newContext();
for (const [name, value] of Object.entries(attributes)) context.attributeValue(name, value);
const check = (): void => {
  if (performance.getEntriesByName(ANSWERED).length === 0 && context.isEnabled(feature))
    performance.mark(ANSWERED);
};
config.addReadinessListener(check);
void context.build().then(check);
config.init();
