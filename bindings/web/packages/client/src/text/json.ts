/**
 * JSON whose parts keep their texts. `JSON.parse` checks a text and reads it; the functions of this module then cut a checked text
 * into the texts of its parts, so that numbers keep all their digits and features are compared as they were received.
 *
 * @packageDocumentation
 */

import { wellFormed } from "./text.ts";

/** A value that `JSON.parse` returns. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object that `JSON.parse` returns. Of two members with the same name, the later one counts. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Returns the value of a JSON text; `undefined` if the text is not JSON. */
export function parse(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json;
  } catch {
    // The error of `JSON.parse` quotes the text, which may hold personal data.
    return undefined;
  }
}

/** Returns true if a value is an object, and neither null nor a list. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the member with this name; `undefined` if the object has none of its own. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Returns a text, with U+FFFD in place of lone surrogates; `undefined` if the value is not a text. */
export function asText(value: Json | undefined): string | undefined {
  return typeof value === "string" ? wellFormed(value) : undefined;
}

/** Returns the texts of the elements of a list; `undefined` for any other value. The text must be JSON. */
export function elements(json: string): string[] | undefined {
  return parts(json, "[")?.map(([, text]) => text);
}

/**
 * Returns the names and the texts of the values of an object's members, in their order; `undefined` for any other value. A name
 * that occurs twice has two entries. The text must be JSON.
 */
export function members(json: string): [name: string, value: string][] | undefined {
  return parts(json, "{");
}

function parts(json: string, open: "[" | "{"): [name: string, value: string][] | undefined {
  const found: [string, string][] = [];
  const end = walk(json, 0, open, (start, _, name) => {
    const text = textAt(json, start);
    found.push([name, text]);
    return start + text.length;
  });
  return end === undefined ? undefined : found;
}

/**
 * Visits a value that begins at an index.
 *
 * @param start - the index of the value's first unit
 * @param position - the position of the value in its list or object
 * @param name - the name of an object's member; empty for the element of a list
 * @returns the index behind the value; `undefined` if it is not known
 */
export type Visit = (start: number, position: number, name: string) => number | undefined;

/**
 * Visits the values of a list or an object, which begins at an index, or behind white space there. Returns the index behind the last bracket;
 * `undefined` if the first unit is not the given bracket. The text must be JSON.
 */
export function walk(json: string, start: number, open: "[" | "{", visit: Visit): number | undefined {
  let at = skipSpace(json, start);
  if (json.charAt(at) !== open) return undefined;
  at = skipSpace(json, at + 1);
  for (let position = 0; at < json.length && !"]}".includes(json.charAt(at)); position++) {
    let name = "";
    if (open === "{") {
      const end = endOfText(json, at);
      const text = json.slice(at, end);
      name = text.includes("\\") ? wellFormed(JSON.parse(text) as string) : text.slice(1, -1);
      at = skipSpace(json, skipSpace(json, end) + 1);
    }
    at = skipSpace(json, visit(at, position, name) ?? endOfValue(json, at));
    if (json.charAt(at) === ",") at = skipSpace(json, at + 1);
  }
  return at + 1;
}

/** Returns the text of the value that begins at an index. The text must be JSON. */
export function textAt(json: string, start: number): string {
  return json.slice(start, endOfValue(json, start));
}

/** Returns the index behind the value that begins at an index. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    switch (unit) {
      case 0x22:
        at = endOfText(json, at) - 1;
        if (depth === 0) return at + 1;
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        break;
      case 0x5d:
      case 0x7d:
        if (--depth <= 0) return at + 1 + depth;
        break;
      default:
        if (depth === 0 && (unit === 0x2c || isSpace(unit))) return at;
    }
  }
  return json.length;
}

/** Returns the index behind the text whose opening quote is at `start`. */
export function endOfText(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let before = at;
    while (json.charCodeAt(before - 1) === 0x5c) before--;
    if ((at - before) % 2 === 0) return at + 1;
  }
  return json.length;
}

/** Returns the index of the first unit from `at` on that is no white space of JSON. */
function skipSpace(json: string, at: number): number {
  while (isSpace(json.charCodeAt(at))) at++;
  return at;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/**
 * Returns the integer that a number is equal to, held at ±(2⁵³ − 1); `undefined` for any other JSON, and for numbers beyond every
 * double. `20.0` is an integer, `"20"` is not.
 */
export function integer(json: string): number | undefined {
  const number = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(json);
  const double = Number(json);
  if (number === null || !Number.isFinite(double)) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = number;
  const digits = (whole + fraction).replace(/0+$/, "");
  // Number of digits after the decimal point, without zeros at the end. Every zero is an integer.
  const decimals = fraction.length - Number(exponent) - (whole.length + fraction.length - digits.length);
  return /^0*$/.test(digits) ? 0 : decimals > 0 ? undefined : held(double);
}

/** Returns a whole number, held at ±(2⁵³ − 1), where the integers of JavaScript end. */
export function held(number: number): number {
  return Math.min(Math.max(number, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER) || 0;
}

/**
 * Returns the text that rules compare: a text itself, a number as the JSON spells it, `true` or `false`; `undefined` for null, lists
 * and objects. The text must be JSON.
 */
export function tokenText(json: string): string | undefined {
  const value = JSON.parse(json) as Json;
  return typeof value === "string" ? wellFormed(value) : typeof value === "object" ? undefined : json;
}
