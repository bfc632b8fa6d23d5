import { asText, elements, type Json, member, members, parse } from "../../json.ts";
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
  const entries = list(body);
  if (typeof entries === "string") return entries;
  const found = new Map<string | undefined, Answered>();
  for (const { json, parts } of entries) {
    if (parts === undefined) return "an environment is not a JSON object";
    const id = asText(member(parts, "id"));
    const place = id === undefined ? undefined : lowerCase(id);
    const values = member(parts, "features");
    const raw = Array.isArray(values) && members(json)?.findLast(([name]) => name === "features")?.[1];
    const features = raw ? split(raw, values as readonly Json[]) : undefined;
    const same = found.get(place);
    if (same === undefined) found.set(place, { id, features });
    else add(same, features);
  }
  return [...found.values()];
}

/** Splits a JSON list into its elements, which need not be features. Returns the reason if the text is not a JSON list. */
export function list(json: string): Received[] | string {
  const text = json.startsWith("\ufeff") ? json.slice(1) : json;
  const values = parse(text);
  if (values === undefined) return NOT_JSON;
  return Array.isArray(values) ? split(text, values as readonly Json[]) : "the text is not a JSON list";
}

/** Parses the JSON of one feature or of a delete event, which may have any type. Returns the reason if the text is not JSON. */
export function one(json: string): Received | string {
  const value = parse(json);
  // The text of a feature has no white space around it, as the element of a list has none.
  return value === undefined ? NOT_JSON : received(trimmed(json), value);
}

const NOT_JSON = "the text is not JSON";

/** Returns the elements of a list, given as its JSON and its values. */
function split(json: string, values: readonly Json[]): Received[] {
  return (elements(json) ?? []).map((text, at) => received(text, values[at]));
}

/** Returns a JSON text without white space around it. */
function trimmed(json: string): string {
  return json.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "");
}
