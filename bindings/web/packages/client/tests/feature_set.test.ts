import { describe, expect, test } from "vitest";
import { NO_ATTRIBUTES } from "../src/attributes.ts";
import type { Notice } from "../src/repository/notice.ts";
import { environments, list, one } from "../src/session/feature_set/answer.ts";
import {
  type Authority,
  type Effect,
  INVISIBLE,
  NONE,
  SEEN,
} from "../src/session/feature_set/environment.ts";
import { namesAnother, otherEnvironment } from "../src/session/feature_set/foreign.ts";
import { FeatureSet } from "../src/session/feature_set/mod.ts";
import { identityOf, type Received } from "../src/session/feature_set/received.ts";
import { ApiKeys } from "../src/session/key.ts";
import { isVisibleChange } from "../src/visible_change.ts";
import { valid } from "./valid.ts";

function featureSet(...keys: string[]): FeatureSet {
  return new FeatureSet(valid(ApiKeys.parse(keys)));
}

function received(json: string): Received {
  return valid(one(json));
}

function state(id: string, key: string, version: number, value: string): string {
  return JSON.stringify({ id, key, version, type: "STRING", value });
}

function take(features: FeatureSet, id: string, states: readonly string[], authority: Authority): Effect {
  return features.list(id, states.map(received), authority, 0);
}

/** Returns the served features with their environments, values and versions, sorted. */
function shown(features: FeatureSet): string[] {
  const rules = features.rules(undefined, undefined, () => undefined);
  const found = Array.from(rules.features(), ({ key, version, value }) => {
    return `${rules.environmentOf(key) ?? ""}:${key}=${String(value)}@${version}`;
  });
  return found.sort();
}

describe("updates of features", () => {
  // Lists of the Edge (`L`) and of a store (`S`), and events (`E`): the minute, and the version. The feature is held with version 9.
  test.each([
    ["L0:5 L30:5 L60:5", 5],
    ["L0:5 L30:5 L59:5", 9],
    ["L0:5 L60:5", 9],
    ["L0:5 L60:5 L61:4", 4],
    ["L0:5 L30:5 L45:9 L60:5 L90:5", 9],
    ["L0:5 L30:5 L45:9 L60:5 L90:5 L120:5", 5],
    ["L0:5 L30:5 E45:9 L60:5", 9],
    ["L0:5 L30:5 E45:5 L60:5", 5],
    ["L0:5 S30:5 L60:5", 9],
    ["L0:5 L30:5 S60:5 S61:5", 9],
    ["L0:5 L30:5 L60:5 L61:9", 9],
    ["L0:5 L30:5 L60:5 E61:6", 6],
  ])("with an older version count if all lists of an hour have it: %s", (steps, version) => {
    const features = featureSet("e/k*");
    take(features, "e", [state("a", "A", 9, "x")], "edge");
    for (const step of steps.split(" ")) {
      const [minute = "", version = ""] = step.slice(1).split(":");
      const element = received(state("a", "A", Number(version), "y"));
      if (step.startsWith("E")) features.feature("e", element, "edge");
      else
        features.list("e", [element], step.startsWith("L") ? "edge" : "late_store", Number(minute) * 60_000);
    }
    expect(features.environment("e").features.get("A")?.version).toBe(version);
  });

  test("of one piece copy the others once, when they are published", () => {
    const features = featureSet("e/k*");
    take(features, "e", [state("a", "A", 1, "x"), state("b", "B", 1, "x")], "edge");
    const published = features.rules(undefined, undefined, () => undefined);
    const { features: held } = features.environment("e");
    features.feature("e", received(state("a", "A", 2, "y")), "edge");
    features.feature("e", received(state("c", "C", 1, "y")), "edge");
    features.delete("e", received('{"id":"b","version":2}'));
    expect(features.environment("e").features).toBe(held);
    expect(shown(features)).toEqual(["e:A=y@2", "e:C=y@1"]);
    expect(Array.from(published.features(), ({ key, version }) => `${key}@${version}`)).toEqual([
      "A@1",
      "B@1",
    ]);
  });

  test.each([
    [state("a", "A", 4, "y"), NONE, "e:A=x@5"],
    [state("a", "A", 5, "x"), NONE, "e:A=x@5"],
    [state("a", "A", 5, "y"), SEEN, "e:A=y@5"],
    [state("a", "A", 6, "x"), INVISIBLE, "e:A=x@6"],
    [state("a", "A", 6, "y"), SEEN, "e:A=y@6"],
    [state("b", "A", 1, "y"), SEEN, "e:A=y@1"],
    [state("a", "B", 5, "x"), SEEN, "e:B=x@5"],
    [state("a", "B", 4, "x"), NONE, "e:A=x@5"],
  ] as const)("%s after version 5", (incoming, effect, expected) => {
    const alone = featureSet("e/k*");
    take(alone, "e", [state("a", "A", 5, "x")], "edge");
    expect(alone.feature("e", received(incoming), "edge")).toBe(effect);
    expect(shown(alone)).toEqual([expected]);
    const listed = featureSet("e/k*");
    take(listed, "e", [state("a", "A", 5, "x")], "edge");
    expect(take(listed, "e", [incoming], "edge")).toBe(effect);
    expect(shown(listed)).toEqual([expected]);
  });

  test.each([
    ['{"id":"a","key":"A","version":4}', NONE, true],
    ['{"id":"a","key":"A","version":5}', SEEN, false],
    ['{"id":"a","key":"A","version":6}', SEEN, false],
    ['{"id":"a","key":"A","version":0}', SEEN, false],
    ['{"id":"a","key":"A"}', SEEN, false],
    ['{"key":"A"}', SEEN, false],
    ['{"id":"a"}', SEEN, false],
    ['{"id":"other","key":"A","version":9}', NONE, true],
    ['{"id":"other","key":"B"}', NONE, true],
  ] as const)("the delete %s", (json, effect, isLeft) => {
    const features = featureSet("e/k*");
    take(features, "e", [state("a", "A", 5, "x")], "edge");
    expect(features.delete("e", received(json))).toBe(effect);
    expect(shown(features).length > 0).toBe(isLeft);
  });

  test("what is no delete or no feature has a reason", () => {
    for (const json of ["7", "[]", "{}", '{"version":3}']) {
      expect(typeof featureSet("e/k*").delete("e", received(json)), json).toBe("string");
    }
    for (const json of ["7", "[]", "{}", '{"key":""}', '{"key":7}']) {
      expect(typeof featureSet("e/k*").feature("e", received(json), "edge"), json).toBe("string");
    }
  });

  test("a deleted feature stays deleted until a newer state", () => {
    const features = featureSet("e/k*");
    const update = (version: number, value: string) =>
      features.feature("e", received(state("a", "A", version, value)), "edge");
    take(features, "e", [state("a", "A", 3, "x")], "edge");
    features.delete("e", received('{"id":"a","key":"A","version":5}'));
    expect(update(5, "late")).toBe(NONE);
    expect(update(6, "back")).toBe(SEEN);
    expect(shown(features)).toEqual(["e:A=back@6"]);
    // A list overrules an earlier delete.
    features.delete("e", received('{"id":"a","key":"A","version":9}'));
    take(features, "e", [state("a", "A", 2, "restored")], "edge");
    expect(shown(features)).toEqual(["e:A=restored@2"]);
    // After a delete with version 0 every version counts.
    features.delete("e", received('{"id":"a","key":"A","version":0}'));
    expect(update(1, "again")).toBe(SEEN);
  });
});

describe("lists of features", () => {
  test("of the Edge remove features, and those of stores do not", () => {
    const features = featureSet("e/k*");
    take(features, "e", [state("a", "A", 5, "x"), state("b", "B", 1, "y")], "edge");
    const stored = [state("a", "A", 4, "old"), state("c", "C", 1, "z")];
    expect(take(features, "e", stored, "store")).toBe(SEEN);
    expect(shown(features)).toEqual(["e:A=x@5", "e:B=y@1", "e:C=z@1"]);
    expect(take(features, "e", [state("b", "B", 1, "y")], "edge")).toBe(SEEN);
    expect(shown(features)).toEqual(["e:B=y@1"]);
    expect(take(features, "e", [], "edge")).toBe(SEEN);
    expect(shown(features)).toEqual([]);
  });

  test("are applied once, also with elements that are left out", () => {
    const [a, b, later] = [state("a", "A", 1, "x"), state("b", "B", 1, "y"), state("c", "A", 1, "z")];
    for (const elements of [
      [a, "7", b],
      ['{"key":7}', a, b],
      [a, b, later],
      [a, b, b],
    ]) {
      const features = featureSet("e/k*");
      expect(take(features, "e", elements, "edge")).toBe(SEEN);
      const before = shown(features);
      expect(before.length).toBe(2);
      expect(take(features, "e", elements, "edge")).toBe(NONE);
      // Another order, or an element that is no longer there, is another list.
      expect(take(features, "e", elements.toReversed(), "edge")).not.toBe(NONE);
      take(features, "e", elements, "edge");
      expect(shown(features)).toEqual(before);
      take(features, "e", elements.slice(-1), "edge");
      expect(shown(features).length).toBe(1);
    }
  });

  test("of stores remove nothing by elements that cannot be read", () => {
    for (const authority of ["store", "late_store"] as const) {
      for (const key of ["", '"key":null,', '"key":7,', '"key":"",']) {
        const features = featureSet("e/k*");
        take(features, "e", [state("a", "A", 5, "x")], "edge");
        take(features, "e", [`{"id":"a",${key}"version":6,"type":"STRING"}`], authority);
        expect(shown(features), `${authority} ${key}`).toEqual(["e:A=x@5"]);
      }
    }
  });

  test("rename a feature, so that one key is left", () => {
    const features = featureSet("e/k*");
    take(features, "e", [state("a", "A", 5, "x")], "edge");
    take(features, "e", [state("a", "B", 5, "x")], "edge");
    expect(shown(features)).toEqual(["e:B=x@5"]);
    take(features, "e", [state("a", "C", 5, "x")], "store");
    expect(shown(features)).toEqual(["e:C=x@5"]);
    features.feature("e", received(state("a", "D", 5, "x")), "edge");
    features.delete("e", received('{"id":"a","key":"C"}'));
    expect(shown(features)).toEqual([]);
  });

  test("of an outdated store restore nothing", () => {
    const held = [state("a", "A", 5, "edge"), state("b", "B", 1, "edge")];
    const features = featureSet("e/k*");
    take(features, "e", held, "edge");
    features.delete("e", received('{"id":"b","version":2}'));
    for (const [stored, effect] of [
      [state("a", "A", 4, "store"), NONE],
      [state("a", "A", 5, "store"), NONE],
      [state("a", "Former", 5, "store"), NONE],
      [state("former", "A", 9, "store"), NONE],
      [state("b", "B", 2, "store"), NONE],
      [state("c", "C", 1, "store"), SEEN],
      [state("a", "A", 6, "store"), SEEN],
      [state("b", "B", 3, "store"), SEEN],
    ] as const) {
      expect(take(features, "e", [stored], "late_store"), stored).toBe(effect);
      expect(features.feature("e", received(stored), "late_store"), stored).toBe(NONE);
    }
    const early = featureSet("e/k*");
    take(early, "e", held, "edge");
    for (const stored of [state("a", "A", 5, "other"), state("new", "A", 1, "made anew")]) {
      expect(take(early, "e", [stored], "store"), stored).toBe(SEEN);
    }
  });
});

describe("several environments", () => {
  test("the earliest environment answers, with one notice", () => {
    const features = featureSet("e/k*", "f/k*");
    take(features, "F", [state("f1", "A", 9, "f"), state("f2", "B", 1, "f")], "edge");
    expect(shown(features)).toEqual(["f:A=f@9", "f:B=f@1"]);
    take(features, "e", [state("e1", "A", 1, "e")], "edge");
    const notices: Notice[] = [];
    for (let time = 0; time < 2; time++) {
      features.rules(undefined, undefined, (notice) => notices.push(notice));
    }
    expect(notices).toEqual([{ kind: "key_in_several_environments", feature: "A", answers: "e" }]);
    expect(shown(features)).toEqual(["e:A=e@1", "f:B=f@1"]);
    // Versions are compared only within one environment.
    features.delete("e", received('{"id":"e1","version":1}'));
    expect(shown(features)).toEqual(["f:A=f@9", "f:B=f@1"]);
    const closed = features.open(valid(ApiKeys.parse(["e/k*"])));
    expect(closed).toEqual({ environments: ["f"], hadFeatures: true });
    expect(shown(features)).toEqual([]);
  });

  test("dropped environments have the order of Rust, in which the last one takes the place of a kept one", () => {
    const features = featureSet("a/k*", "b/k*", "c/k*", "d/k*");
    expect(features.open(valid(ApiKeys.parse(["B/k*"]))).environments).toEqual(["a", "d", "c"]);
    expect(features.firstId).toBe("b");
  });

  test("the strategies are those that the answering environment names", () => {
    const features = featureSet("e/k", "f/k");
    const withStrategy = (id: string, v: string) => JSON.stringify({ id, key: "A", version: 1, v });
    const applied = () =>
      features.rules(NO_ATTRIBUTES, undefined, () => undefined).evaluatedFor?.strategies.get("A");
    take(features, "f", [withStrategy("f1", "late")], "edge");
    expect(applied()).toBe("late");
    take(features, "e", [state("e1", "A", 1, "x")], "edge");
    expect(applied()).toBeUndefined();
    features.feature("e", received(withStrategy("e1", "kiwi")), "edge");
    expect(applied()).toBe("kiwi");
    features.feature("e", received(state("e1", "A", 2, "x")), "edge");
    expect(applied()).toBeUndefined();
  });

  test("only UUIDs can name another environment", () => {
    const id = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
    const other = "71ed3c04-122b-4312-9ea8-06b2b8d6cead";
    expect(namesAnother(id, other) && namesAnother("1-1-1-1-1", other)).toBe(true);
    for (const [one, same] of [
      [id, id],
      [id, "71ED3C04-122B-4312-9EA8-06B2B8D6CEAC"],
      ["1-1-1-1-0", "00000001-0001-0001-0001-000000000000"],
      ["production", other],
      [id, "production"],
      [id, ""],
      [id, "71ed3c04-122b-4312-9ea8-06b2b8d6cea-d"],
      [id, "71ed3c04-122b-4312-9ea8-0006b2b8d6cead"],
      [id, "71ed3c04-122b-4312-9ea8-+6b2b8d6cead"],
    ] as const) {
      expect(namesAnother(one, same), `${one} ${same}`).toBe(false);
    }
    const said = (json: string) => otherEnvironment(id, received(json));
    expect(said(`{"key":"A","environment\\u0049d":"${other}"}`)).toBe(other);
    for (const own of [
      `{"key":"A","environmentId":"${id}"}`,
      '{"key":"A","environmentId":null}',
      `{"key":"environmentId","value":"${other}"}`,
      `{"key":"A","fp":{"environmentId":"${other}"}}`,
      '["environmentId"]',
    ]) {
      expect(said(own), own).toBeUndefined();
    }
  });
});

describe("received JSON", () => {
  test.each([
    ["5", 5],
    ["5.0", 5],
    ["5e0", 5],
    ["9007199254740993", Number.MAX_SAFE_INTEGER],
    ["1e400", undefined],
    ["20.00000000000000000000000000001", undefined],
    ["20.5", undefined],
    ['"5"', undefined],
  ])(
    "the version %s is read exactly, beside other numbers and however its name is written",
    (json, version) => {
      for (const text of [
        `{"version":${json}}`,
        `{"version" :\t${json},"value":1.5,"name":"\\u0041"}`,
        `{"v\\u0065rsion":${json}}`,
        `{"version":7.5,"version":${json}}`,
        `{"value":{"version":1.5},"version":${json}}`,
      ])
        expect(identityOf(received(text)).version, text).toBe(version);
    },
  );

  test("features keep the texts in which they were received", () => {
    const of = (body: string) =>
      valid(environments(body)).map(({ listed }) => listed?.features.map(({ json, parts }) => [json, parts]));
    const a = '{ "key" : "A]}" , "version":1.50 }';
    const read = { key: "A]}", version: 1.5 };
    expect(
      of(`\ufeff [ { "x":[{"features":[7]}], "features" : [ ${a} ,"t" ,[1 ] ] , "id":null } ,\n{}]`),
    ).toEqual([
      [
        [a, read],
        ['"t"', undefined],
        ["[1 ]", undefined],
      ],
    ]);
    // Of several lists in an entry, the last one counts, even if it is none.
    expect(of(`[{"features":[{},{}],"featur\\u0065s":[${a}]}]`)).toEqual([[[a, read]]]);
    expect(of(`[{"features":[${a}],"features":{"features":[1]}}]`)).toEqual([undefined]);
    expect(of(`[{"features":null,"features":[]}]`)).toEqual([[]]);
    expect(of(`[{"features":[{}],"features":null}]`)).toEqual([undefined]);
    expect(of("[]")).toEqual([]);
    for (const body of ["[7]", '[{"features":[]},[]]', "[null]"])
      expect(environments(body)).toBe("an environment is not a JSON object");
  });

  test("environments are joined by their ids, and an absent list is no empty list", () => {
    const shape = (body: string) => {
      const found = environments(body);
      return typeof found === "string" ? found : found.map(({ id, listed }) => [id, listed?.features.length]);
    };
    expect(shape("[]")).toEqual([]);
    expect(shape("\ufeff[]")).toEqual([]);
    expect(shape('[{"id":"e"}]')).toEqual([["e", undefined]]);
    expect(shape('[{"id":"e","features":null}]')).toEqual([["e", undefined]]);
    expect(shape('[{"id":"e","features":[]}]')).toEqual([["e", 0]]);
    expect(shape('[{"id":"e","features":[{}],"id":"f","features":[1,2]}]')).toEqual([["f", 2]]);
    expect(shape('[{"id":"e","features":[{}],"features":{}}]')).toEqual([["e", undefined]]);
    expect(
      shape(
        '[{"id":"e","features":[{}]},{"features":[1]},{"id":"E","features":[{},{}]},{"id":"e"},{"features":[2]}]',
      ),
    ).toEqual([
      ["e", 3],
      [undefined, 2],
    ]);
    for (const body of ["", "[{", "{}", "7", "[7]", "[null]", "<html>", "[] []", '"html"']) {
      const why = shape(body);
      expect(typeof why === "string" && !why.includes("html"), body).toBe(true);
      expect(why === "a page of HTML", body).toBe(body.startsWith("<"));
      expect(typeof list(`${body}]`), body).toBe("string");
    }
  });

  test("features keep their texts", () => {
    const body = '[{"id":"e","features":[ {"key" : "A", "value": 7.50}\n,"x,]" ]}]';
    expect(valid(environments(body))[0]?.listed?.features.map(({ json }) => json)).toEqual([
      '{"key" : "A", "value": 7.50}',
      '"x,]"',
    ]);
    expect(received(' {"key":"A"}\n').json).toBe('{"key":"A"}');
  });

  test("the last of equal names counts, and versions are exact", () => {
    const last = Number.MAX_SAFE_INTEGER;
    for (const [version, expected] of [
      ["2", 2],
      ["-0", 0],
      ["2.0", 2],
      ["20e-1", 2],
      ["2.5", undefined],
      ["2.00000000000000000000001", undefined],
      ['"2"', undefined],
      ["null", undefined],
      ["1e999", undefined],
      [`1${"0".repeat(400)}`, undefined],
      ["9007199254740993", last],
      ["-9007199254740993", -last],
    ] as const) {
      const json = `{"version":1.5,"key":"B","id":"x","version": ${version},"id":7,"key":"A\\ud800"}`;
      expect(identityOf(received(json)), version).toEqual({
        id: undefined,
        key: "A\ufffd",
        version: expected,
      });
    }
    expect(identityOf(received('{"version":1,"value":2.5,"version":3}')).version).toBe(3);
  });

  test("some differences are invisible to programs", () => {
    const base = '{"id":"a","key":"A","l":false,"version":1,"type":"BOOLEAN","value":true}';
    for (const same of [
      base,
      '{"id":"a","key":"A","version":2,"type":"BOOLEAN","value":true}',
      '{"key":"A", "id":"a","environmentId":"e","type":"BOOLEAN","value":true,"fp":null}',
    ]) {
      expect(isVisibleChange(base, same), same).toBe(false);
      expect(isVisibleChange(same, base), same).toBe(false);
    }
    for (const other of [
      base.replace('"l":false', '"l":true'),
      base.replace('"value":true', '"value":false'),
      base.replace(',"value":true', ""),
      base.replace('"value":true', '"value":true,"value":true'),
      base.replace('"value":true', '"value":true,"strategies":[{}]'),
      "7",
    ]) {
      expect(isVisibleChange(base, other), other).toBe(true);
    }
  });
});
