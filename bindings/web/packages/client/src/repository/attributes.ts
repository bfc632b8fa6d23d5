import { type Attributes, ContextAttributes } from "../attributes.ts";
import { wellFormed } from "../text/text.ts";

/** One value of an attribute. `null`, `undefined`, NaN and infinities add no value. An invalid `Date` is left out with a notice. */
export type AttributeItem = string | number | boolean | Date | null | undefined;

/** The values of one attribute. An empty list adds no value, so that the attribute is missing. */
export type AttributeValue = AttributeItem | readonly AttributeItem[];

/**
 * Creates a context from names and values. Values of a name that occurs again are added to the earlier values.
 *
 * Numbers become decimal text as Rust writes them (`5`, `0.0000001`, never an exponent), booleans become `true` and `false`, and times
 * texts such as `2026-11-28T08:15:00.000Z`. A lone surrogate in a name or a value becomes U+FFFD. Invalid times, and values of any other
 * type, which only a program without types can give, are left out, and `onIgnored` gets the name.
 *
 * @example
 * ```ts
 * const mara = attributesOf([["userkey", "mara"], ["plan", ["gold", "beta"]], ["age", 41]]);
 * mara.get("plan"); // ["gold", "beta"]
 * ```
 */
export function attributesOf(
  entries: Iterable<readonly [string, AttributeValue]>,
  onIgnored?: (name: string) => void,
): Attributes {
  const attributes = new ContextAttributes();
  for (const [name, value] of entries) add(attributes, name, value, onIgnored);
  return attributes;
}

/**
 * Creates a context from the members of an object, as {@link attributesOf} does from a list of them, which costs a program that makes a
 * context for each request more.
 */
export function attributesIn(
  members: Readonly<Record<string, AttributeValue>>,
  onIgnored?: (name: string) => void,
): Attributes {
  const attributes = new ContextAttributes();
  let isMended = false;
  for (const name in members) {
    if (!Object.hasOwn(members, name)) continue;
    const value = members[name];
    // Two names become the same one only if one of them had a lone surrogate.
    isMended ||= wellFormed(name) !== name;
    if (typeof value === "string" && !isMended) attributes.set(name, [wellFormed(value)]);
    else add(attributes, name, value, onIgnored);
  }
  return attributes;
}

function add(
  attributes: ContextAttributes,
  name: string,
  value: AttributeValue,
  onIgnored: ((name: string) => void) | undefined,
): void {
  const key = wellFormed(name);
  const items = Array.isArray(value) ? (value as readonly AttributeItem[]) : [value as AttributeItem];
  for (const item of items) {
    const text = attributeText(item);
    if (text === undefined) {
      if (typeof (item ?? 0) !== "number") onIgnored?.(name);
      continue;
    }
    const known = attributes.get(key);
    if (known) known.push(text);
    else attributes.set(key, [text]);
  }
}

/** Returns the text of an attribute's value; `undefined` if the value adds nothing. */
function attributeText(item: AttributeItem): string | undefined {
  if (typeof item === "string") return wellFormed(item);
  if (typeof item === "boolean") return item ? "true" : "false";
  // eslint-disable-next-line no-restricted-globals -- reads no clock
  if (item instanceof Date) return isNaN(+item) ? undefined : item.toISOString();
  return typeof item === "number" && Number.isFinite(item) ? numberText(item) : undefined;
}

/** Returns the decimal text of a finite number without an exponent, as Rust's `Display` writes it. */
export function numberText(number: number): string {
  const [mantissa = "", exponent] = String(Math.abs(number)).split("e");
  const sign = number < 0 || Object.is(number, -0) ? "-" : "";
  if (exponent === undefined) return sign + mantissa;
  const [whole = "", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  const digits = whole + fraction;
  // JavaScript writes an exponent only below 1e-6 and from 1e21, where all digits are on one side of the point.
  return sign + (shift < 0 ? "0." + "0".repeat(-shift - 1) + digits : digits.padEnd(shift + 1, "0"));
}
