import { expect, test } from "vitest";

import { parse } from "../src/text/json.ts";
import type { Rules } from "../src/repository/rules.ts";
import { FeatureSet } from "../src/session/feature_set/mod.ts";
import { received } from "../src/session/feature_set/received.ts";
import { ApiKeys } from "../src/session/key.ts";

const ENVIRONMENT = "environment";

function set(): FeatureSet {
  return new FeatureSet(ApiKeys.parse([`${ENVIRONMENT}/key*`]) as ApiKeys);
}

/** A feature, given as its id, key and version. */
function feature(text: string) {
  const [id, key, version] = text.split(" ");
  const json = JSON.stringify({ id, key, version: Number(version) });
  return received(json, parse(json));
}

/** The features of rules in the form of {@link feature}. */
function texts(rules: Rules): string[] {
  return Array.from(rules.features(), ({ id, key, version }) => `${id} ${key} ${version}`);
}

const rules = (of: FeatureSet): Rules => of.rules(undefined, undefined, () => undefined);

test("updates do not change the features that readers have", () => {
  const features = set();
  features.list(ENVIRONMENT, [feature("1 A 1"), feature("2 B 1")], "edge", 0);
  const first = rules(features);
  features.feature(ENVIRONMENT, feature("1 A 2"), "edge");
  features.feature(ENVIRONMENT, feature("3 C 1"), "edge");
  const second = rules(features);
  features.delete(ENVIRONMENT, feature("2 B 1"));
  expect([texts(first), texts(second), texts(rules(features))]).toEqual([
    ["1 A 1", "2 B 1"],
    ["1 A 2", "2 B 1", "3 C 1"],
    ["1 A 2", "3 C 1"],
  ]);
});

test.each([
  ["an id that each feature has once", ["1 A 1", "2 B 1"], ["2 C 2"], ["1 A 1", "2 C 2"]],
  ["an id that two features have: the later one", ["1 A 1", "1 B 1"], ["1 C 2"], ["1 A 1", "1 C 2"]],
  ["such an id, with the key of the earlier one", ["1 A 1", "1 B 1"], ["1 A 2"], ["1 A 2"]],
  [
    "an id that was another key's until an update",
    ["1 A 1"],
    ["1 B 2", "2 A 1", "1 B 3"],
    ["1 B 3", "2 A 1"],
  ],
  [
    "an id of a removed feature",
    ["1 A 1", "2 B 1"],
    ["2 C 2", "-1 A 1", "3 A 1", "1 D 5"],
    ["2 C 2", "3 A 1", "1 D 5"],
  ],
])("an update finds its feature by %s", (_, list, updates, expected) => {
  const features = set();
  features.list(ENVIRONMENT, list.map(feature), "edge", 0);
  for (const update of updates) {
    if (update.startsWith("-")) features.delete(ENVIRONMENT, feature(update.slice(1)));
    else features.feature(ENVIRONMENT, feature(update), "edge");
  }
  expect(texts(rules(features))).toEqual(expected);
});
