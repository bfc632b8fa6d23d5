/**
 * The snapshot, in which clients keep their last features (`docs/reference/snapshot.md`).
 *
 * @packageDocumentation
 */

import { asText, isObject, member, parse } from "../text/json.ts";
import type { Rules } from "../repository/lib.ts";
import { isoText, parseIso } from "../repository/timestamp.ts";
import { contextHeader, contextSha } from "../session/context_header.ts";
import { environmentsOf, FORMAT, type SavedFeatures, type SnapshotOwner } from "./snapshot_owner.ts";
import { compareBytes } from "../text/text.ts";
import { isTooDense, TOO_DENSE } from "../text/weight.ts";

/** Returns the snapshot of these features as JSON. The context is that of the features. */
export function writeSnapshot(rules: Rules, { kind, keys }: SnapshotOwner, savedAt: number): string {
  const byEnvironment = new Map<string, string[]>();
  for (const { key, json } of rules.features()) {
    const id = rules.environmentOf(key) ?? "";
    const known = byEnvironment.get(id);
    if (known) known.push(json);
    else byEnvironment.set(id, [json]);
  }
  const head = { format: FORMAT, savedAt: isoText(savedAt), kind, keys, context: contextOf(rules) };
  const environments = [...byEnvironment]
    .sort(([left], [right]) => compareBytes(left, right))
    .map(([id, features]) => `{"id":${JSON.stringify(id)},"features":[${features.join(",")}]}`);
  return `${JSON.stringify(head).slice(0, -1)},"environments":[${environments.join(",")}]}`;
}

/** Returns the digest of the context for which the Edge has evaluated the features, as {@link SnapshotOwner.context} has it. */
export function contextOf({ evaluatedFor }: Rules): string {
  return contextSha((evaluatedFor && contextHeader(evaluatedFor.context)) ?? "");
}

/**
 * Returns the features of a snapshot that belongs to this owner, or the reason why they cannot be used. The reason names the place of the
 * snapshot.
 */
export function readSnapshot(
  json: string,
  owner: SnapshotOwner,
  place: "file" | "entry",
): SavedFeatures | string {
  if (isTooDense(json)) return `the ${place} cannot be read: it has ${TOO_DENSE}`;
  const document = parse(json);
  const text = (name: string): string | undefined =>
    isObject(document) ? asText(member(document, name)) : undefined;
  const format = text("format");
  if (format === undefined) return `the ${place} cannot be read: it is no JSON document with a format`;
  if (format !== FORMAT) return `the ${place} is not a snapshot of the format ${FORMAT}`;
  const environments = environmentsOf(json);
  const [savedAt, kind, keys, context] = ["savedAt", "kind", "keys", "context"].map(text);
  if (
    savedAt === undefined ||
    kind === undefined ||
    keys === undefined ||
    context === undefined ||
    !environments
  )
    return `the ${place} cannot be read: a member is missing or has another type`;
  if (keys !== owner.keys || kind !== owner.kind) return "the snapshot was saved with other API keys";
  if (context !== owner.context) return "the snapshot was saved for another context";
  const millis = parseIso(savedAt);
  if (millis === undefined) return "the snapshot has no valid time `savedAt`";
  return { savedAt: millis, environments };
}
