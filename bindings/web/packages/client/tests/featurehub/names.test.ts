import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";

import * as layer from "../../src/featurehub/index.ts";
import { declarationsOf, exportsOf, parsed, PUBLISHED, usedNames } from "./declarations.ts";

const require = createRequire(import.meta.url);
const path = (file: string): string => new URL(file, import.meta.url).pathname;
const page = path("../../../../../../docs/guide/migrating-from-featurehub-js.md");
const LAYER = path("../../src/featurehub/index.ts");
/** The files of the program that prints the same with the published SDKs and with the layer. */
const PROGRAM = ["program.ts", "program_classes.ts", "program_tags.ts"].map((file) => path(file));

const sources = parsed(LAYER, ...PROGRAM, ...PUBLISHED.map(declarationsOf));
const ours = exportsOf(sources, LAYER);

/** What throws in the layer. The page has the replacements. */
const LEFT_OUT: ReadonlyMap<string, () => unknown> = new Map(
  Object.entries({
    PollingBase: () => new layer.PollingBase(),
    BrowserPollingService: () => new layer.BrowserPollingService(),
    NodejsPollingService: () => new layer.NodejsPollingService(),
    NodejsFeaturePostUpdater: () => new layer.NodejsFeaturePostUpdater(),
    GoogleAnalyticsCollector: () => new layer.GoogleAnalyticsCollector(),
    featurehubMiddleware: () => layer.featurehubMiddleware(),
    "ClientFeatureRepository.apply": () => new layer.ClientFeatureRepository().apply(),
    "ClientFeatureRepository.notReady": () => new layer.ClientFeatureRepository().notReady(),
    "ClientFeatureRepository.broadcastReadynessState": () =>
      new layer.ClientFeatureRepository().broadcastReadynessState(),
    "FeatureHubPollingClient.pollingClientProvider": () =>
      layer.FeatureHubPollingClient.pollingClientProvider,
    "FeatureHubEventSourceClient.eventSourceProvider": () =>
      layer.FeatureHubEventSourceClient.eventSourceProvider,
  }),
);
/** Members that the layer's types do not have, for the reasons on the page. */
const ABSENT_MEMBERS = ["EventSource.ReadyState"];

/** Returns the names in code marks in the first cells of all rows of the page, without parameters, with the second cells of their first rows. */
async function rows(): Promise<Map<string, string>> {
  const lines = (await readFile(page, "utf8")).split("\n").filter((line) => line.startsWith("| "));
  const known = new Map<string, string>();
  for (const line of lines) {
    const [, names = "", replacement = ""] = line.split("|");
    for (const [, name = ""] of names.matchAll(/`(\w+)/g)) if (!known.has(name)) known.set(name, replacement);
  }
  return known;
}

describe.each(PUBLISHED)("the exports of %s", (name) => {
  const theirs = exportsOf(sources, declarationsOf(name));
  const values = Object.keys(require(name) as object);

  test("have a row on the page each, types too", async () => {
    const known = await rows();
    expect(values.length).toBeGreaterThan(20);
    expect(theirs.size).toBeGreaterThan(values.length + 30);
    expect([...values, ...theirs.keys()].filter((each) => !known.has(each))).toEqual([]);
  });

  test("are exported by the layer: values as values, types as types unless the page gives the reason", async () => {
    const known = await rows();
    expect(values.filter((each) => !(each in layer))).toEqual([]);
    const types = [...theirs].filter(([, { isType }]) => isType).map(([each]) => each);
    const absent = types.filter((each) => ours.get(each)?.isType !== true);
    expect(absent.filter((each) => !/throws|no type/.test(known.get(each) ?? ""))).toEqual([]);
  });

  test("have no public member that the layer's class or type lacks", () => {
    const lacking = [...theirs].flatMap(([each, { members }]) =>
      [...members]
        .filter((member) => !LEFT_OUT.has(each) && !ours.get(each)?.members.has(member))
        .map((member) => `${each}.${member}`),
    );
    expect(lacking.filter((each) => !ABSENT_MEMBERS.includes(each))).toEqual([]);
  });

  test("are all used by the program that prints the same, but for those that throw", () => {
    const used = usedNames(sources, LAYER, PROGRAM);
    const isUsed = (each: string): boolean => used.has(each) || LEFT_OUT.has(each);
    expect(values.filter((each) => !isUsed(each))).toEqual([]);
    const classes = [...theirs].filter(([each, { isClass }]) => isClass && values.includes(each));
    // Features are no class of 1.4.0's exports.
    const holder = [...theirs].filter(([each]) => each === "FeatureStateHolder");
    const members = [...classes, ...holder].flatMap(([each, { ownMembers }]) =>
      LEFT_OUT.has(each)
        ? []
        : [...ownMembers].map((member) => `${ours.get(each)?.typeName ?? each}.${member}`),
    );
    expect(members.length).toBeGreaterThan(100);
    expect(members.filter((each) => !isUsed(each))).toEqual([]);
  });
});

test("the page has each name that the layer exports, types too", async () => {
  const known = await rows();
  // The type of objects in place of enumerations is no name of the published SDKs.
  expect([...ours.keys()].filter((name) => name !== "Names" && !known.has(name))).toEqual([]);
});

test.each([...LEFT_OUT])("%s throws an error that names the replacement", (name, use) => {
  expect(use).toThrow(`fh-client/featurehub has no ${name.split(".").at(-1) ?? name}: `);
});

test("functions of classes that are left out cannot be replaced either", () => {
  expect(() => {
    Object.assign(layer.BrowserPollingService, { localStorageRequestor: () => undefined });
  }).toThrow("BrowserPollingService");
  expect(() => {
    Object.assign(layer.FeatureHubEventSourceClient, { eventSourceProvider: () => undefined });
  }).toThrow("fetch");
});
