import { numberText } from "../repository/attributes.ts";
import type { Feature } from "../repository/feature.ts";
import { Decimal, Json, type Value } from "../repository/value.ts";
import { percentEncoded, equalsIgnoringCase, wellFormed } from "../text/text.ts";
import { type EdgeUrl, SecretUrl } from "../session/edge_url.ts";
import { type ApiKey, isDots } from "../session/key.ts";

/**
 * Returns the URL to which a test sends a change of a feature. Returns `undefined` for the feature keys `.` and `..`,
 * which URL parsers treat as steps to another path.
 */
export function updateUrl(edge: EdgeUrl, key: ApiKey, feature: string): SecretUrl | undefined {
  if (isDots(feature)) return undefined;
  return new SecretUrl(`${edge.stream(key).expose()}/${percentEncoded(feature)}`);
}

/**
 * A change of a feature's default value, its lock, or both. A member that is `undefined` changes nothing.
 *
 * @example
 * ```ts
 * const update: Update = { value: "blue", lock: false };
 * ```
 */
export interface Update<V = unknown> {
  /**
   * The new default value: a boolean, a number, a text, a {@link Decimal}, or a document of a JSON feature. The Edge rejects null for a BOOLEAN
   * feature.
   */
  readonly value?: V | (V extends number ? Decimal : never) | null | undefined;
  /** True to lock the feature, false to unlock it. */
  readonly lock?: boolean | undefined;
}

/** A number in the grammar of JSON. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Returns the body of the request for an update. @throws a TypeError if the update changes nothing */
export function updateBody({ value, lock }: Update): string {
  const members: string[] = [];
  if (lock !== undefined) members.push(`"lock":${lock}`);
  if (value !== undefined) members.push(`"updateValue":true,"value":${valueJson(value)}`);
  if (members.length === 0) throw new TypeError("an update has a value, a lock, or both");
  return `{${members.join(",")}}`;
}

/** Returns true if the feature has the value and the lock that the update sets. */
export function isApplied({ value, lock }: Update, feature: Feature): boolean {
  return (
    (lock === undefined || lock === feature.isLocked) &&
    (value === undefined || isValue(value, feature.value))
  );
}

/** Returns the JSON of a value. The digits of a number do not change. */
function valueJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  const text = valueText(value);
  const isNumber = typeof value === "number" || value instanceof Decimal;
  // A server could round other numbers. The Edge accepts a number also as a text.
  return isNumber && JSON_NUMBER.test(text) && fitsDouble(text) ? text : JSON.stringify(text);
}

/** Returns the text of a value. Lists and objects are documents, which the Edge accepts as text only. */
function valueText(value: unknown): string {
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number") return Number.isFinite(value) ? numberText(value) : String(value);
  if (value instanceof Decimal || value instanceof Json) return value.text;
  return wellFormed(JSON.stringify(value));
}

/** Returns true if the number is the same when a program reads it as a double and writes it again. */
function fitsDouble(text: string): boolean {
  const decimal = Decimal.parse(text);
  if (!decimal) return false;
  const { number } = decimal;
  const texts = [String(number), ...(Number.isInteger(number) ? [String(BigInt(number))] : [])];
  return texts.some((again) => Decimal.parse(again)?.equals(decimal));
}

/** Returns true if `held`, the value of a feature, equals the value of an update. */
function isValue(value: unknown, held: Value | undefined): boolean {
  if (value === null || held === undefined) return value === null && held === undefined;
  const text = valueText(value);
  if (typeof held === "boolean") return equalsIgnoringCase(text, String(held));
  if (held instanceof Decimal) return Decimal.parse(text)?.equals(held) === true;
  return String(held) === text;
}
