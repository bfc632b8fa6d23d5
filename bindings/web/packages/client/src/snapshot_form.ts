/**
 * The snapshot, in which clients keep their last features (`docs/snapshot.md`).
 *
 * @packageDocumentation
 */

import { asText, elements, isObject, member, members, parse } from "./json.ts";
import type { Rules } from "./repository/lib.ts";
import { isoText, parseIso } from "./repository/timestamp.ts";
import { contextHeader, contextSha } from "./session/context_header.ts";
import type { ApiKeys } from "./session/lib.ts";
import { compareBytes } from "./text.ts";

const FORMAT = "featurehub-snapshot/1";

/** The API keys and the context to which the features of a snapshot belong. */
export interface SnapshotOwner {
  readonly kind: "client-evaluated" | "server-evaluated";
  /** The digest of the API keys. */
  readonly keys: string;
  /** The digest of the context's header; `0` for client-evaluated keys, and for a context without attributes. */
  readonly context: string;
}

/** The features of a snapshot. */
export interface SavedFeatures {
  /** The time at which the features were last known to be current, in milliseconds since 1970. */
  readonly savedAt: number;
  /** The ids of the environments, and their lists of features as JSON. */
  readonly environments: readonly (readonly [id: string, features: string])[];
}

/** Returns the owner of the features that a client with these keys and this context header receives. */
export function ownerOf(keys: ApiKeys, header: string | undefined): SnapshotOwner {
  const isClient = keys.kind === "client";
  return {
    kind: isClient ? "client-evaluated" : "server-evaluated",
    keys: keys.fingerprint(),
    context: isClient ? "0" : contextSha(header ?? ""),
  };
}

/** Returns the snapshot of these features as JSON. The context is that of the features. */
export function writeSnapshot(rules: Rules, { kind, keys }: SnapshotOwner, savedAt: number): string {
  const byEnvironment = new Map<string, string[]>();
  for (const { key, json } of rules.features()) {
    const id = rules.environmentOf(key) ?? "";
    const known = byEnvironment.get(id);
    if (known) known.push(json);
    else byEnvironment.set(id, [json]);
  }
  const header = rules.evaluatedFor && contextHeader(rules.evaluatedFor.context);
  const head = { format: FORMAT, savedAt: isoText(savedAt), kind, keys, context: contextSha(header ?? "") };
  const environments = [...byEnvironment]
    .sort(([left], [right]) => compareBytes(left, right))
    .map(([id, features]) => `{"id":${JSON.stringify(id)},"features":[${features.join(",")}]}`);
  return `${JSON.stringify(head).slice(0, -1)},"environments":[${environments.join(",")}]}`;
}

/** Returns the features of a snapshot that belongs to this owner, or the reason why they cannot be used. */
export function readSnapshot(json: string, owner: SnapshotOwner): SavedFeatures | string {
  const document = parse(json);
  const text = (name: string): string | undefined =>
    isObject(document) ? asText(member(document, name)) : undefined;
  const format = text("format");
  if (format === undefined) return "the file cannot be read: it is no JSON document with a format";
  if (format !== FORMAT) return `the file is not a snapshot of the format ${FORMAT}`;
  const environments = environmentsOf(json);
  const [savedAt, kind, keys, context] = ["savedAt", "kind", "keys", "context"].map(text);
  if (
    savedAt === undefined ||
    kind === undefined ||
    keys === undefined ||
    context === undefined ||
    !environments
  )
    return "the file cannot be read: a member is missing or has another type";
  if (keys !== owner.keys || kind !== owner.kind) return "the snapshot was saved with other API keys";
  if (context !== owner.context) return "the snapshot was saved for another context";
  const millis = parseIso(savedAt);
  if (millis === undefined) return "the snapshot has no valid time `savedAt`";
  return { savedAt: millis, environments };
}

function environmentsOf(json: string): SavedFeatures["environments"] | undefined {
  const found: [string, string][] = [];
  for (const each of elements(new Map(members(json)).get("environments") ?? "null") ?? ["null"]) {
    const read = new Map(members(each));
    const [id, features] = [asText(parse(read.get("id") ?? "null")), read.get("features")];
    if (id === undefined || features === undefined) return undefined;
    found.push([id, features]);
  }
  return found;
}
