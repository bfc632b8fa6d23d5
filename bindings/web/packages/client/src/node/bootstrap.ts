import { elements, isObject, type Json, member, members, parse, asText } from "../text/json.ts";
import { isTooDense, TOO_DENSE } from "../text/weight.ts";

/** An environment of features that a program gives at the start; without an id, the features belong to that of the first API key. */
export type GivenEnvironment = readonly [id: string | undefined, features: string];

/**
 * Returns the features of a document: a feature or a list of features, an environment or a list of environments, the stored state of the
 * browser SDK, or a snapshot.
 *
 * @throws a TypeError with the text of Rust's `StartError` if the document has none of these forms
 */
export function readBootstrap(given: string | Uint8Array): GivenEnvironment[] {
  const json = (typeof given === "string" ? given : textOf(given)).replace(/^\uFEFF/, "");
  if (isTooDense(json)) throw unreadable(`the document has ${TOO_DENSE}`);
  const document = parse(json);
  if (document === undefined)
    throw unreadable(/^(?:environments|accounts):/m.test(json) ? STATE_FILE : "the document is not JSON");
  const wrapped = isObject(document) ? new Map(members(json)) : undefined;
  if ((wrapped?.get("accounts") ?? "null") !== "null") throw unreadable(STATE_FILE);
  const inner = wrapped?.get("environments") ?? wrapped?.get("e");
  return inner === undefined ? documentOf(json, document) : documentOf(inner, parse(inner) ?? null);
}

const STATE_FILE = "the document is the state file of an Edge";

function documentOf(json: string, document: Json): GivenEnvironment[] {
  if (isFeature(document)) return [[undefined, `[${json}]`]];
  const list = Array.isArray(document) ? (document as readonly Json[]) : [document];
  const first = list.find((each) => isFeature(each) || hasFeatures(each));
  if (first === undefined && list.length > 0) {
    const isState = list.some((each) => isObject(each) && (member(each, "values") ?? null) !== null);
    throw unreadable(isState ? STATE_FILE : "the document holds no list of features");
  }
  if (first === undefined || isFeature(first)) return [[undefined, json]];
  const environments = Array.isArray(document) ? (elements(json) ?? []) : [json];
  return environments.flatMap((each) => {
    const environment = environmentOf(each);
    return environment ? [environment] : [];
  });
}

function isFeature(value: Json): boolean {
  return isObject(value) && typeof member(value, "key") === "string";
}

function hasFeatures(value: Json): boolean {
  return isObject(value) && Array.isArray(member(value, "features"));
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
    throw unreadable("the document is not UTF-8 text");
  }
}

function unreadable(why: string): TypeError {
  return new TypeError(
    `the features of \`bootstrap\` cannot be read: ${why}: give the answer of an Edge to /features, a list of features, or a snapshot file`,
  );
}
