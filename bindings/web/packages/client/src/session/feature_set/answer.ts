import { asText, isObject, type Json, member, parse, textAt, walk } from "../../json.ts";
import { lowerCase } from "../../text.ts";
import { type Received, received } from "./received.ts";

/** One environment in a response: its id and its list of features. */
export interface Answered {
  /** The id of the environment; `undefined` if the entry has no id that is a text. */
  readonly id: string | undefined;
  /** The features; `undefined` if the entry has no list of features, which is not the same as an empty list (D-60). */
  features: readonly Received[] | undefined;
}

/** Adds the features of another entry for the same environment. */
export function add(to: Answered, features: readonly Received[] | undefined): void {
  if (features !== undefined) to.features = [...(to.features ?? []), ...features];
}

/**
 * Splits the body of a poll into environments. The features of entries with the same id are joined, and so are the features of entries
 * without an id. The case of letters in ids does not matter. Returns the reason if the body is not a JSON list of objects. Reasons contain
 * no text of the body.
 */
export function environments(body: string): Answered[] | string {
  const text = withoutMark(body);
  const entries = listOf(text);
  if (typeof entries === "string") return entries;
  if (!entries.every(isObject)) return "an environment is not a JSON object";
  const found = new Map<string | undefined, Answered>();
  walk(text, 0, "[", (start, position) => {
    const entry = entries[position] ?? {};
    const id = asText(member(entry, "id"));
    const values = member(entry, "features");
    let features: Received[] | undefined;
    const end = walk(text, start, "{", (at, _, name) => {
      if (name !== "features") return undefined;
      // Of several members with this name, the last one counts, and the values are its own.
      const cut: Received[] = [];
      const behind = split(text, at, values, cut);
      features = behind === undefined ? undefined : cut;
      return behind;
    });
    const place = id === undefined ? undefined : lowerCase(id);
    const same = found.get(place);
    if (same === undefined) found.set(place, { id, features });
    else add(same, features);
    return end;
  });
  return [...found.values()];
}

/** Splits a JSON list into its elements, which need not be features. Returns the reason if the text is not a JSON list. */
export function list(json: string): Received[] | string {
  const text = withoutMark(json);
  const values = listOf(text);
  if (typeof values === "string") return values;
  const found: Received[] = [];
  split(text, 0, values, found);
  return found;
}

/** Parses the JSON of one feature or of a delete event, which may have any type. Returns the reason if the text is not JSON. */
export function one(json: string): Received | string {
  const value = parse(json);
  // The text of a feature has no white space around it, as the element of a list has none.
  return value === undefined ? NOT_JSON : received(trimmed(json), value);
}

const NOT_JSON = "the text is not JSON";
const HTML_PAGE = "a page of HTML";

function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Returns the values of a JSON list, or the reason if the text is not one. */
function listOf(json: string): readonly Json[] | string {
  const values = parse(json);
  if (values === undefined) return /^\s*<[^?]/.test(json) ? HTML_PAGE : NOT_JSON;
  return Array.isArray(values) ? (values as readonly Json[]) : "the text is not a JSON list";
}

/** Adds the elements of the list that begins at an index, given its values. Returns the index behind it; `undefined` if there is no list. */
function split(json: string, start: number, values: Json | undefined, to: Received[]): number | undefined {
  return walk(json, start, "[", (at, position) => {
    const text = textAt(json, at);
    to.push(received(text, Array.isArray(values) ? (values as readonly Json[])[position] : undefined));
    return at + text.length;
  });
}

/** Returns a JSON text without white space around it. */
function trimmed(json: string): string {
  return json.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "");
}
