import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { elements, members, parse } from "../../src/json.ts";
import type { ContextAttributes } from "../../src/options.ts";
import { fromUtf8Lossy, utf8 } from "../../src/text.ts";

/** The fuzz targets whose bytes reach the evaluation engine. */
export const TARGETS = ["address", "context", "date", "evaluate", "number", "pattern", "payload", "version"];

/**
 * The other fuzz targets with seeds: those of the Edge, of state files, of the session and of its event streams, and those of systems whose
 * flags the engine of the browser does not read.
 */
export const OTHER_TARGETS = [
  "edge",
  "featbit",
  "featbit_messages",
  "featuresignals",
  "featuresignals_answers",
  "re2",
  "session",
  "sse",
  "state",
];

/** An input of a fuzz target. */
export interface Seed {
  readonly target: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A payload, and the contexts for which its features are read. */
export interface Input {
  readonly payload: Uint8Array;
  readonly contexts: readonly ContextAttributes[];
}

const FUZZ = new URL("../../../../../../conformance/fuzz/", import.meta.url);
/** The inputs of failures that the property tests of the patterns have found. */
const REGRESSIONS = new URL(
  "../../../../../../fh-eval/proptest-regressions/text/pattern/tests.txt",
  import.meta.url,
);

/** Returns the names of the folders of seeds. */
export function seedFolders(): string[] {
  return readdirSync(fileURLToPath(new URL("seeds/", FUZZ))).sort();
}

/** Returns the seeds of all targets that reach the engine, and the regressions of the patterns. */
export function seeds(): Seed[] {
  const committed = TARGETS.flatMap((target) => {
    const folder = new URL(`seeds/${target}/`, FUZZ);
    const names = readdirSync(fileURLToPath(folder)).sort();
    return names.map((name) => ({
      target,
      name,
      bytes: new Uint8Array(readFileSync(new URL(name, folder))),
    }));
  });
  return [...committed, ...regressions()];
}

function regressions(): Seed[] {
  const lines = readFileSync(REGRESSIONS, "utf8").matchAll(
    /# shrinks to pattern = (".*"), texts = (\[.*\])$/gm,
  );
  return Array.from(lines, ([, pattern = "", texts = ""], position) => {
    const parts = [JSON.parse(pattern) as string, ...(JSON.parse(texts) as string[])];
    return { target: "pattern", name: `regression ${position + 1}`, bytes: utf8(parts.join("")) };
  });
}

/** The types whose texts a target reads. */
const TYPES_OF: Readonly<Record<string, readonly string[]>> = {
  address: ["IP_ADDRESS"],
  date: ["DATE", "DATETIME"],
  number: ["NUMBER"],
  pattern: ["STRING"],
  version: ["SEMANTIC_VERSION"],
};

/** Returns the payloads and contexts of a seed, as its fuzz target reads the bytes. */
export function inputsOf({ target, bytes }: Seed): Input[] {
  const text = fromUtf8Lossy(bytes);
  const whole = { payload: rulesOn(text, TYPES), contexts: [{ x: text }, ...contextsOf(text)] };
  if (target === "payload") return payloads(bytes).map((payload) => ({ payload, contexts: [] }));
  if (target === "evaluate") return drawn(new Choices(bytes));
  const types = TYPES_OF[target] ?? [];
  // The targets of two texts cut the bytes in two. One of these cuts is that of the fuzzer.
  const parts = cuts(text).flatMap(([left, right]) => {
    const contexts = [{ x: right }, { x: [left, right, text] }];
    return [rulesOn(left, types), patternsOn(left, types)].map((payload) => ({ payload, contexts }));
  });
  return [whole, { payload: patternsOn(text, TYPES), contexts: whole.contexts }, ...parts];
}

/** Returns the bytes, each of their features as a payload, and beginnings of the bytes, most of which are no payload. */
function payloads(bytes: Uint8Array): Uint8Array[] {
  const document = fromUtf8Lossy(bytes);
  const features = (elements(document) ?? []).flatMap((element) => {
    const held = members(element)?.find(([name]) => name === "features")?.[1];
    return [element, ...(held === undefined ? [] : (elements(held) ?? []))];
  });
  const beginnings = [];
  for (let length = 0; length < bytes.length; length += 101) beginnings.push(bytes.subarray(0, length));
  return [bytes, ...features.map((element) => utf8(`[${element}]`)), ...beginnings];
}

/** Returns a text in two parts, cut at each character. */
function cuts(text: string): [left: string, right: string][] {
  const characters = Array.from(text);
  return Array.from({ length: characters.length + 1 }, (_, at) => [
    characters.slice(0, at).join(""),
    characters.slice(at).join(""),
  ]);
}

const TYPES = [
  ...["STRING", "NUMBER", "BOOLEAN", "SEMANTIC_VERSION", "DATE", "DATETIME", "IP_ADDRESS", "COLOR"],
];
const CONDITIONALS = [
  ...["EQUALS", "NOT_EQUALS", "STARTS_WITH", "ENDS_WITH", "GREATER", "GREATER_EQUALS", "LESS", "LESS_EQUALS"],
  ...["INCLUDES", "EXCLUDES", "NEAR"],
];

/** Returns a feature for each type and conditional, with a rule that has a text as its value. */
function rulesOn(text: string, types: readonly string[]): Uint8Array {
  const rules = types.flatMap((type) => CONDITIONALS.map((conditional) => rule(type, conditional, text)));
  return json(rules.map((each, position) => feature(`F${position}`, each, text)));
}

/** Returns a feature for each type, with a regular expression. */
function patternsOn(text: string, types: readonly string[]): Uint8Array {
  return json(types.map((type) => feature(type, rule(type, "REGEX", text), text)));
}

function rule(type: string, conditional: string, text: string): object {
  return { fieldName: "x", type, conditional, values: [text] };
}

function feature(key: string, matched: object, value: string): object {
  const strategies = [
    { id: "rule", value, attributes: [matched] },
    { id: "split", value: null, percentage: 500_000, percentageAttributes: ["x"] },
  ];
  return { id: key, key, type: "STRING", version: 1, value: "no", strategies };
}

function json(value: object): Uint8Array {
  return utf8(JSON.stringify(value));
}

/** Returns the object of a JSON text as a context. Values of any type are allowed, because programs without types pass them. */
function contextsOf(text: string): ContextAttributes[] {
  const context = parse(text);
  return typeof context === "object" && context !== null ? [context as ContextAttributes] : [];
}

/** Numbers that bytes encode, and zeros after the last byte, as in the crate `fh-generators`. */
class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  below(limit: number): number {
    return (this.#bytes[this.#at++] ?? 0) % limit;
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  some<T>(least: number, most: number, draw: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, draw);
  }
}

const FIELDS = ["country", "plan", "version", "userkey", "x", "now", "naïve 🐢", ""];
const TEXTS = [
  ...["gold", "", "10", "-0", "1e400", "7.50", "1.2.3-a.9", "2024-02-29", "2024-02-29T10:00:00Z"],
  ...["10.0.0.0/8", "::1", "^go+ld$", "(", "true", "zoë-🐢", "a\0b"],
];
const TOKENS = [...TEXTS, 5, 1e300, null, true, {}];
const PERCENTAGES = [undefined, 0, 1, 500_000, 1_000_000, 1_000_001, -5, "20", 20.5, null];

/**
 * Draws contexts and features from bytes, as the target `evaluate` does with the crate `fh-generators`. The values are other ones, because
 * that crate is written in Rust.
 */
function drawn(choices: Choices): Input[] {
  const attributes = (): ContextAttributes => {
    const names = choices.some(1, 4, () => choices.one(FIELDS));
    return Object.fromEntries(names.map((name) => [name, choices.some(0, 3, () => choices.one(TEXTS))]));
  };
  const contexts = choices.some(2, 4, attributes);
  const rule = (): object => ({
    fieldName: choices.one(FIELDS),
    type: choices.one(TYPES),
    conditional: choices.one([...CONDITIONALS, "REGEX"]),
    values: choices.some(0, 4, () => choices.one(TOKENS)),
  });
  const strategy = (): object => ({
    id: String(choices.below(4)),
    value: choices.one(TOKENS),
    percentage: choices.one(PERCENTAGES),
    percentageAttributes: choices.some(0, 2, () => choices.one(FIELDS)),
    attributes: choices.some(0, 3, rule),
  });
  const features = Array.from({ length: 12 }, (_, position) => ({
    id: String(choices.below(3)),
    key: `F${position}`,
    type: choices.one(["STRING", "BOOLEAN", "NUMBER", "JSON"]),
    version: choices.below(40),
    value: choices.one(TOKENS),
    strategies: choices.some(1, 3, strategy),
  }));
  return [features, ...features.map((each) => [each])].map((list) => ({ payload: json(list), contexts }));
}
