import * as json from "../text/json.ts";
import { lowerCase, wellFormed } from "../text/text.ts";
import type { Ruleset } from "./engine.ts";
import { Decimal, Json, type Kind, KINDS, type Value } from "./value.ts";

/** A feature as a session has read it: an object with a non-empty text as its `key`, whatever its other members are. */
type ReceivedFeature = Pick<Feature, "json" | "key" | "id" | "version">;

/** A feature of a repository: a key with a type, a value and further data. It never changes, apart from the ruleset that holds it. */
export class Feature {
  /** The JSON text of the feature, as received. */
  readonly json: string;
  /** The key by which programs read the feature; not empty. */
  readonly key: string;
  /** The id of the feature; `undefined` if the payload has no id that is a text. */
  readonly id: string | undefined;
  /** The version of the feature's value, held at ±(2⁵³ − 1); 0 if the payload's version cannot be read as an integer. */
  readonly version: number;
  /** The ruleset that holds the compiled feature; `undefined` before `compiled`. Not used if the Edge evaluates the feature. */
  ruleset: Ruleset | undefined;
  /** The position of the feature in the ruleset. */
  position = 0;
  #parts: Parts | undefined;

  /** Creates a feature from the parts that a session has read. The other parts are read from the JSON when they are needed. */
  constructor(received: ReceivedFeature) {
    this.json = received.json;
    this.key = received.key;
    this.id = received.id;
    this.version = received.version;
  }

  /** The feature's type; `undefined` if the payload's type is missing or unknown. */
  get kind(): Kind | undefined {
    return (this.#parts ??= partsOf(this.json)).kind;
  }

  /** The digits of {@link Feature.version}; beyond ±(2⁵³ − 1), the number as the payload spells it. */
  get versionText(): string {
    const { json, version } = this;
    return (Math.abs(version) === Number.MAX_SAFE_INTEGER && memberText(json, "version")) || String(version);
  }

  /** True if the payload says that the feature is locked. The lock restricts overrides by interceptors. */
  get isLocked(): boolean {
    return (this.#parts ??= partsOf(this.json)).isLocked;
  }

  /** The value of the feature itself, without strategies, converted to the feature's type. */
  get value(): Value | undefined {
    return (this.#parts ??= partsOf(this.json)).value;
  }

  /**
   * Returns the feature's properties (`fp`) in the payload's order. Properties whose value is not a text are left out. A name that
   * occurs twice has two entries.
   */
  properties(): [name: string, value: string][] {
    const texts = json.members(memberText(this.json, "fp") ?? "null") ?? [];
    return texts
      .filter(([, value]) => value.startsWith('"'))
      .map(([name, value]) => [name, wellFormed(JSON.parse(value) as string)]);
  }
}

/** The parts of a feature that are read from its JSON when the first of them is needed. */
interface Parts {
  readonly kind: Kind | undefined;
  readonly isLocked: boolean;
  readonly value: Value | undefined;
}

function partsOf(text: string): Parts {
  const members = json.parse(text) as json.JsonObject;
  const type = json.member(members, "type");
  const kind = KINDS.find((each) => each === type);
  const isLocked = json.member(members, "l") === true;
  return { kind, isLocked, value: valueOf(text, kind, json.member(members, "value")) };
}

/** Returns the JSON text of a member, of which the last one counts; `undefined` if there is none. */
function memberText(text: string, name: string): string | undefined {
  return json.members(text)?.findLast(([each]) => each === name)?.[1];
}

/** Converts the member `value` of a feature, of which `text` is the JSON, to the feature's type. */
function valueOf(text: string, kind: Kind | undefined, value: json.Json | undefined): Value | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean" && kind === "BOOLEAN") return value;
  const isNested = typeof value === "object";
  const token =
    typeof value === "string"
      ? wellFormed(value)
      : typeof value === "boolean"
        ? String(value)
        : mend(memberText(text, "value") ?? "");
  switch (kind) {
    case "BOOLEAN":
      return !isNested && lowerCase(token) === "true";
    case "NUMBER":
      return Decimal.parse(token) ?? token;
    case "JSON":
      return new Json(token);
    case "STRING":
    case undefined:
      return token;
  }
}

/** Returns a JSON text with an escape of U+FFFD in place of each escape of a lone surrogate. */
function mend(text: string): string {
  return text.replace(
    /(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F]..|\\./g,
    (escape, pair?: string) => (pair === undefined && escape.length > 2 ? "\\ufffd" : escape),
  );
}
