import {
  asText,
  held,
  integer,
  isObject,
  type Json,
  type JsonObject,
  member,
  members,
} from "../../text/json.ts";
import { Feature } from "../../repository/feature.ts";

/** A received feature, or the data of a delete event: its JSON as it was received, and its members. */
export interface Received {
  json: string;
  /** The members of the feature; `undefined` if the JSON is not an object. */
  readonly parts: JsonObject | undefined;
  /** The id, key and version, which are read when they are first needed. */
  identity?: Identity;
}

/** The members that identify a feature and its state. */
export interface Identity {
  /** Id of the feature; `undefined` if it is missing or not a text. */
  readonly id: string | undefined;
  /** Key of the feature; `undefined` if it is missing or not a text. */
  readonly key: string | undefined;
  /** Version of the feature's value, held at ±(2⁵³ − 1); `undefined` if it is missing or not an integer. */
  readonly version: number | undefined;
}

/** Returns a received element with the given JSON and the value that `JSON.parse` returns for it. */
export function received(json: string, value: Json | undefined): Received {
  return { json, parts: isObject(value) ? value : undefined };
}

/** Returns the id, key and version of an object's members. */
export function identityOf(element: Received): Identity {
  const { json, parts = {} } = element;
  return (element.identity ??= {
    id: asText(member(parts, "id")),
    key: asText(member(parts, "key")),
    version: version(json, member(parts, "version")),
  });
}

/** Returns true if the JSON is an object with a key that is a text. */
export function isFeature(element: Received): boolean {
  return identityOf(element).key !== undefined;
}

/** Returns the id of the strategy that an Edge applied (the member `v`); `undefined` if it is missing or not a text. */
export function appliedStrategy({ parts = {} }: Received): string | undefined {
  return asText(member(parts, "v"));
}

/** Returns the feature; `undefined` if the JSON is not an object with a key that is a text and not empty. */
export function featureOf(element: Received): Feature | undefined {
  const { id, key, version = 0 } = identityOf(element);
  return key ? new Feature({ json: element.json, key, id, version }) : undefined;
}

/** Returns the version of a feature, given as its JSON and the double that `JSON.parse` returns. */
function version(json: string, value: Json | undefined): number | undefined {
  if (typeof value !== "number") return undefined;
  // Without a fraction or an exponent, the double is the nearest one of an integer. An escape can stand for a letter of the name.
  const isPlain = Number.isFinite(value) && !/"version"\s*:\s*-?\d+[.eE]/.test(json) && !json.includes("\\u");
  return isPlain ? held(value) : integer(rawMember(json, "version") ?? "");
}

/** Returns the JSON of the last member with this name. */
function rawMember(json: string, name: string): string | undefined {
  return members(json)?.findLast(([found]) => found === name)?.[1];
}
