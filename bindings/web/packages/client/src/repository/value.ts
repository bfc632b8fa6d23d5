/** The names of the types of features, as FeatureHub's JSON writes them. */
export const KINDS = ["BOOLEAN", "STRING", "NUMBER", "JSON"] as const;

/** The type of a feature's value. */
export type Kind = (typeof KINDS)[number];

/**
 * The value of a feature, converted to the feature's type if possible: a boolean, a text, a {@link Decimal} or
 * a {@link Json}. The value of a feature of unknown type, and that of a NUMBER feature that is no number, is a text. A null or
 * missing value is `undefined`.
 */
export type Value = boolean | string | Decimal | Json;

/** The type of the value of a feature by the feature's type. */
export interface ValueOf {
  BOOLEAN: boolean;
  STRING: string;
  NUMBER: Decimal;
  JSON: Json;
}

/**
 * A decimal number with its text and the nearest double.
 *
 * @example
 * ```ts
 * const price = Decimal.parse("7.50");
 * console.log(price?.text, price?.number); // "7.50" 7.5
 * await client.testUpdates().set("PRICE", { value: price });
 * ```
 */
export class Decimal {
  /** The text from which the number was parsed: `7.50` stays `7.50`. */
  readonly text: string;
  /** The nearest double, which is infinite beyond the range of doubles, about 1.8e308. */
  readonly number: number;

  private constructor(text: string) {
    this.text = text;
    this.number = Number(text);
  }

  /**
   * Parses decimal text, such as `-7.50` or `1e3`. Returns `undefined` for any other text.
   *
   * @example
   * ```ts
   * Decimal.parse("1e400")?.number; // Infinity
   * Decimal.parse("7,50"); // undefined
   * ```
   */
  static parse(text: string): Decimal | undefined {
    return DECIMAL.test(text) ? new Decimal(text) : undefined;
  }

  /**
   * Returns true if the numbers are equal in value: `7.50` equals `7.5`. Exponents are clamped to ±10¹⁵.
   *
   * @example
   * ```ts
   * const [one, other] = [Decimal.parse("7.5"), Decimal.parse("7.50")];
   * console.log(one && other && one.equals(other)); // true
   * ```
   */
  equals(other: Decimal): boolean {
    return this.text === other.text || normalForm(this.text) === normalForm(other.text);
  }

  /** Returns the text of the number. */
  toString(): string {
    return this.text;
  }

  /** Returns the nearest double, so that arithmetic and comparisons accept the number. */
  valueOf(): number {
    return this.number;
  }
}

/**
 * The text of a JSON feature, which was neither parsed nor validated.
 *
 * @example
 * ```ts
 * client.observe({
 *   observe: (event) => {
 *     if (event.kind === "evaluated" && event.feature.value instanceof Json) console.log(event.feature.value.text);
 *   },
 * });
 * ```
 */
export class Json {
  /** The text of the document. */
  readonly text: string;
  #parsed: { readonly value: unknown } | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /**
   * Parses the document once, and freezes it with all its parts.
   *
   * @returns the value, or `undefined` if the text is no JSON document
   */
  parse(): unknown {
    this.#parsed ??= { value: parseFrozen(this.text) };
    return this.#parsed.value;
  }

  /** Returns the text of the document. */
  toString(): string {
    return this.text;
  }
}

/** Returns true if two values are equal. Numbers are compared by value, JSON documents by text. */
export function sameValue(left: Value | undefined, right: Value | undefined): boolean {
  if (left instanceof Decimal) return right instanceof Decimal && left.equals(right);
  if (left instanceof Json) return right instanceof Json && left.text === right.text;
  return left === right;
}

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** The limit to which exponents are clamped, as in Rust. */
const EXPONENT_LIMIT = 1e15;

/** Returns a text that is the same for all decimal texts of one number. */
function normalForm(text: string): string {
  const [mantissa = "", exponent = "0"] = text.replace(/^[+-]/, "").split(/e/i);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return "0";
  const shift = Math.max(-EXPONENT_LIMIT, Math.min(EXPONENT_LIMIT, Number(exponent)));
  const magnitude = digits.length - fraction.length + shift;
  return `${text.startsWith("-") ? "-" : ""}${digits.replace(/0+$/, "")}e${magnitude}`;
}

function parseFrozen(text: string): unknown {
  try {
    return JSON.parse(text, (_name, value: unknown) => Object.freeze(value));
  } catch {
    return undefined;
  }
}
