/**
 * The parts of the snapshot's form that each page needs, which reads one at its start; `snapshot_form.ts` has the others.
 *
 * @packageDocumentation
 */

import { asText, elements, members, parse } from "../text/json.ts";
import { contextSha } from "../session/context_header.ts";
import type { ApiKeys } from "../session/lib.ts";

/** The member `format` of a snapshot (`docs/reference/snapshot.md`). */
export const FORMAT = "featurehub-snapshot/1";

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

/** Returns the environments of a snapshot, which must be JSON; `undefined` if one of them has another form. */
export function environmentsOf(json: string): SavedFeatures["environments"] | undefined {
  const found: [string, string][] = [];
  for (const each of elements(new Map(members(json)).get("environments") ?? "null") ?? ["null"]) {
    const read = new Map(members(each));
    const [id, features] = [asText(parse(read.get("id") ?? "null")), read.get("features")];
    if (id === undefined || features === undefined) return undefined;
    found.push([id, features]);
  }
  return found;
}
