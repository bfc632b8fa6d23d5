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

/** Returns true if a list or an object contains the given value of JSON, given as its checked text. */
function opens(json: string, bracket: string): boolean {
  return json.charAt(skipSpace(json, 0)) === bracket;
}

/** Returns the texts of the elements of a list; `undefined` for any other value. The text must be JSON. */
export function elements(json: string): string[] | undefined {
  return opens(json, "[") ? parts(json) : undefined;
}

/**
 * Returns the names and the texts of the values of an object's members, in their order; `undefined` for any other value. A name
 * that occurs twice has two entries. The text must be JSON.
 */
export function members(json: string): [name: string, value: string][] | undefined {
  if (!opens(json, "{")) return undefined;
  return parts(json).map((part) => {
    const end = endOfText(part, 0);
    const name = part.slice(0, end);
    const value = part.slice(skipSpace(part, skipSpace(part, end) + 1));
    return [name.includes("\\") ? wellFormed(JSON.parse(name) as string) : name.slice(1, -1), value];
  });
}

/** Returns the texts between the brackets and commas of a list or an object, without white space around them. */
function parts(json: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22:
        at = endOfText(json, at) - 1;
        break;
      case 0x5b:
      case 0x7b:
        if (depth++ === 0) start = at + 1;
        break;
      case 0x5d:
      case 0x7d:
        if (--depth === 0) add(found, json, start, at);
        break;
      case 0x2c:
        if (depth === 1) {
          add(found, json, start, at);
          start = at + 1;
        }
    }
  }
  return found;
}

/** Adds a part of the text without white space around it, unless nothing is left. */
function add(found: string[], json: string, start: number, end: number): void {
  while (isSpace(json.charCodeAt(end - 1))) end--;
  const from = skipSpace(json, start);
  if (from < end) found.push(json.slice(from, end));
}

/** Returns the index behind the text whose opening quote is at `start`. */
function endOfText(json: string, start: number): number {
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
 * double (D-35). `20.0` is an integer, `"20"` is not.
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
