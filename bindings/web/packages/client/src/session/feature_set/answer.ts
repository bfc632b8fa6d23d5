import { asText, type Json, member, parse, textAt, walk } from "../../text/json.ts";
import { byteLength, fromUtf8, lowerCase, utf8 } from "../../text/text.ts";
import { type Received, received } from "./received.ts";

/** A list of features. */
export interface Listed {
  /** The elements. Of those that can be no features, such as `1` and `{}`, the first 100. */
  features: readonly Received[];
  /** Number of further elements that can be no features. */
  further: number;
}

/** One environment in a response: its id and its list of features. */
export interface Answered {
  /** The id of the environment; `undefined` if the entry has no id that is a text. */
  readonly id: string | undefined;
  /** The features; `undefined` if the entry has no list of features, which is not the same as an empty list. */
  listed: Listed | undefined;
}

/** Number of elements of one list that are kept although they can be no features. A list may have millions more. */
const MOST_UNREADABLE = 100;
/** The length of the shortest object that can be a feature or an environment: `{"id":"a"}`. */
const SHORTEST = 10;

/** Adds the features of another entry for the same environment. */
export function add(to: Answered, more: Listed | undefined): void {
  const { listed } = to;
  to.listed =
    listed && more
      ? { features: [...listed.features, ...more.features], further: listed.further + more.further }
      : (listed ?? more);
}

/**
 * Splits the body of a poll into environments. The features of entries with the same id are joined, and so are the features of entries
 * without an id. The case of letters in ids does not matter. Returns the reason if the body is not a JSON list of objects. Reasons contain
 * no text of the body.
 */
export function environments(body: string): Answered[] | string {
  const entries = list(body);
  if (typeof entries === "string") return entries;
  const found = new Map<string | undefined, Answered>();
  for (const { json, parts } of entries.features) {
    if (!parts || entries.further > 0) return "an environment is not a JSON object";
    const id = asText(member(parts, "id"));
    let listed: Listed | undefined;
    walk(json, 0, "{", (at, _, name) => {
      if (name !== "features") return undefined;
      // Of several members with this name, the last one counts, and the values are its own.
      const cut: Listed = { features: [], further: 0 };
      const end = split(json, at, member(parts, name), cut, body.length);
      listed = end === undefined ? undefined : cut;
      return end;
    });
    const place = id === undefined ? undefined : lowerCase(id);
    const same = found.get(place);
    if (same === undefined) found.set(place, { id, listed });
    else add(same, listed);
  }
  return [...found.values()];
}

/** Splits a JSON list into its elements, which need not be features. Returns the reason if the text is not a JSON list. */
export function list(json: string): Listed | string {
  const text = json.startsWith("\ufeff") ? json.slice(1) : json;
  const values = parse(text);
  if (values === undefined) return /^\s*<[^?]/.test(text) ? HTML_PAGE : NOT_JSON;
  const found: Listed = { features: [], further: 0 };
  return split(text, 0, values, found, json.length) === undefined ? "the text is not a JSON list" : found;
}

/** Parses the JSON of one feature or of a delete event, which may have any type. Returns the reason if the text is not JSON. */
export function one(json: string): Received | string {
  const value = parse(json);
  // The text of a feature has no white space around it, as the element of a list has none.
  return value === undefined ? NOT_JSON : received(trimmed(json), value);
}

const NOT_JSON = "the text is not JSON";
const HTML_PAGE = "a page of HTML";

/**
 * Adds the elements of the list that begins at an index, given its values and the length of the whole message. Returns the index behind it;
 * `undefined` if there is no list.
 */
function split(
  json: string,
  start: number,
  values: Json | undefined,
  to: Listed,
  length: number,
): number | undefined {
  const features: Received[] = [];
  let unreadable = 0;
  let kept = 0;
  const end = walk(json, start, "[", (at, position) => {
    const text = textAt(json, at);
    const isShort = text.length < SHORTEST && byteLength(text) < SHORTEST;
    if ((isShort || json.charAt(at) !== "{") && ++unreadable > MOST_UNREADABLE) to.further++;
    else {
      features.push(received(text, (values as readonly Json[] | undefined)?.[position]));
      kept += text.length;
    }
    return at + text.length;
  });
  // Engines of JavaScript cut a text out of another one by a reference, which would keep the whole message in memory.
  if (kept * 2 < length) for (const each of features) each.json = copied(each.json);
  to.features = features;
  return end;
}

/** Returns a text that refers to no other one. */
function copied(text: string): string {
  return fromUtf8(utf8(text)) ?? text;
}

/** Returns a JSON text without white space around it. */
function trimmed(json: string): string {
  return json.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "");
}
