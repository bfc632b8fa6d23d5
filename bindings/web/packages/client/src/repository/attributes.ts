import { GivenAttributes } from "../attributes.ts";

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
 * mara.map.get("plan"); // ["gold", "beta"]
 * ```
 */
export function attributesOf(
  entries: Iterable<readonly [string, AttributeValue]>,
  onIgnored?: (name: string) => void,
): GivenAttributes {
  const given: (string | string[])[] = [];
  for (const [name, value] of entries) add(given, name, value, onIgnored);
  return new GivenAttributes(given);
}

/**
 * Creates a context from the members of an object, as {@link attributesOf} does from a list of them, which costs a program that makes a
 * context for each request more.
 */
export function attributesIn(
  members: Readonly<Record<string, AttributeValue>>,
  onIgnored?: (name: string) => void,
): GivenAttributes {
  const given: (string | string[])[] = [];
  // V8 leaves this call out of such a loop, unlike `Object.hasOwn`.
  for (const name in members)
    if ({}.hasOwnProperty.call(members, name)) add(given, name, members[name], onIgnored);
  return new GivenAttributes(given);
}

function add(
  given: (string | string[])[],
  name: string,
  value: AttributeValue,
  onIgnored: ((name: string) => void) | undefined,
): void {
  if (typeof value === "string") {
    given.push(name, value);
    return;
  }
  const texts: string[] = [];
  for (const item of [value].flat() as readonly AttributeItem[]) {
    const text = attributeText(item);
    if (text !== undefined) texts.push(text);
    else if (typeof (item ?? 0) !== "number") onIgnored?.(name);
  }
  if (texts.length > 0) given.push(name, texts);
}

/** Returns the text of an attribute's value; `undefined` if the value adds nothing. */
function attributeText(item: AttributeItem): string | undefined {
  if (typeof item === "string") return item;
  if (typeof item === "boolean") return item ? "true" : "false";
  // eslint-disable-next-line no-restricted-globals -- reads no clock
  if (item instanceof Date) return isNaN(+item) ? undefined : item.toISOString();
  return typeof item === "number" && Number.isFinite(item) ? numberText(item) : undefined;
}

/** Returns the decimal text of a finite number without an exponent, as Rust's `Display` writes it. */
export function numberText(number: number): string {
  const [mantissa = "", exponent] = String(Math.abs(number)).split("e");
  // The quotient of a negative zero is negative, too.
  const sign = 1 / number < 0 ? "-" : "";
  if (exponent === undefined) return sign + mantissa;
  const [whole = "", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  const digits = whole + fraction;
  // JavaScript writes an exponent only below 1e-6 and from 1e21, where all digits are on one side of the point.
  return sign + (shift < 0 ? "0." + "0".repeat(-shift - 1) + digits : digits.padEnd(shift + 1, "0"));
}
