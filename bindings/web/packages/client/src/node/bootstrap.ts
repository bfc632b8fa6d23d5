import { elements, isObject, type Json, member, members, parse, asText } from "../json.ts";

/** An environment of features that a program gives at the start; without an id, the features belong to that of the first API key. */
export type GivenEnvironment = readonly [id: string | undefined, features: string];

/**
 * Returns the features of a document in one of the forms of edge-protocol 9.3: a feature or a list of features, an environment or a list of
 * environments, the stored state of the browser SDK, or a snapshot.
 *
 * @throws a TypeError with the text of Rust's `StartError` if the document has none of these forms
 */
export function readBootstrap(given: string | Uint8Array): GivenEnvironment[] {
  const json = (typeof given === "string" ? given : textOf(given)).replace(/^\uFEFF/, "");
  const document = parse(json);
  if (document === undefined) throw unreadable("invalid JSON");
  const wrapped = isObject(document) ? new Map(members(json)) : undefined;
  const inner = wrapped?.get("environments") ?? wrapped?.get("e");
  return inner === undefined ? documentOf(json, document) : documentOf(inner, parse(inner) ?? null);
}

function documentOf(json: string, document: Json): GivenEnvironment[] {
  if (isObject(document)) {
    if (isFeature(document)) return [[undefined, `[${json}]`]];
    const environment = environmentOf(json);
    if (environment === undefined) throw unreadable("the document contains no features");
    return [environment];
  }
  if (!Array.isArray(document)) throw unreadable("the document contains no features");
  const list = document as readonly Json[];
  const first = list.find((each) => isFeature(each) || hasFeatures(each));
  if (first === undefined || isFeature(first)) return [[undefined, json]];
  return (elements(json) ?? []).flatMap((each) => {
    const environment = environmentOf(each);
    return environment ? [environment] : [];
  });
}

function isFeature(value: Json): boolean {
  return isObject(value) && typeof member(value, "key") === "string";
}

function hasFeatures(value: Json): boolean {
  return isObject(value) && (member(value, "features") ?? null) !== null;
}

function environmentOf(json: string): GivenEnvironment | undefined {
  const read = new Map(members(json));
  const features = read.get("features");
  if (features === undefined || !elements(features)) return undefined;
  return [asText(parse(read.get("id") ?? "null")), features];
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable("the document is not valid UTF-8");
  }
}

function unreadable(why: string): TypeError {
  return new TypeError(`the features given at the start cannot be read: ${why}`);
}
