import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

import * as layer from "../../src/featurehub/index.ts";

const require = createRequire(import.meta.url);
const page = new URL("../../../../../../docs/migrating-from-featurehub-js.md", import.meta.url);

/** Returns the names in code marks in the first cells of all rows of the page, without parameters. */
async function rows(): Promise<Set<string>> {
  const lines = (await readFile(page, "utf8")).split("\n").filter((line) => line.startsWith("| "));
  const cells = lines.map((line) => line.split("|")[1] ?? "");
  return new Set(cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)/g), ([, name = ""]) => name)));
}

test.each(["featurehub-javascript-client-sdk", "featurehub-javascript-node-sdk"])(
  "the layer and the page have each export of %s",
  async (name) => {
    const exported = Object.keys(require(name) as object);
    const known = await rows();
    expect(exported.length).toBeGreaterThan(20);
    expect(exported.filter((each) => !known.has(each))).toEqual([]);
    expect(exported.filter((each) => !(each in layer))).toEqual([]);
  },
);

test("the page has each value that the layer exports", async () => {
  const known = await rows();
  expect(Object.keys(layer).filter((name) => !known.has(name))).toEqual([]);
});

test("the layer has each member of the published classes", () => {
  const published = require("featurehub-javascript-node-sdk") as typeof layer;
  const classes = [
    "EdgeFeatureHubConfig",
    "ClientFeatureRepository",
    "FeatureUpdater",
    "FHLog",
    "BaseClientContext",
    "ClientEvalFeatureContext",
    "ServerEvalFeatureContext",
    "LocalClientContext",
    "FeatureHubPollingClient",
    "FeatureHubEventSourceClient",
  ] as const;
  for (const name of classes) {
    // Names with an underscore, and these, are private in the types of the published SDK.
    const hidden = new Set([
      "constructor",
      "stop",
      "response",
      "getOrCreateEdgeService",
      "createEdgeService",
    ]);
    for (const each of ["processConfig", "triggerNewStateAvailable", "featureUpdate", "deleteFeature"])
      hidden.add(each);
    const members = Object.getOwnPropertyNames(published[name].prototype).filter(
      (member) => !member.startsWith("_") && !hidden.has(member),
    );
    expect(members.filter((member) => !(member in layer[name].prototype))).toEqual([]);
  }
});

test("names that are left out throw an error that names the replacement", () => {
  expect(() => new layer.BrowserPollingService()).toThrow("use Client with the options poll and fetch");
  expect(() => layer.featurehubMiddleware()).toThrow("fromBaggage");
  expect(() => {
    Object.assign(layer.BrowserPollingService, { localStorageRequestor: () => undefined });
  }).toThrow("BrowserPollingService");
  expect(() => {
    Object.assign(layer.FeatureHubEventSourceClient, { eventSourceProvider: () => undefined });
  }).toThrow("fetch");
});
