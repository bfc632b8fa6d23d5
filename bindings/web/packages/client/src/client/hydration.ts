import { compiled } from "../engine/compiled_rules.ts";
import type { GivenAttributes } from "../attributes.ts";
import { asText, isObject, type Json, member, parse } from "../text/json.ts";
import { contextHash } from "../repository/context_hash.ts";
import type { Evaluation, Ruleset } from "../repository/engine.ts";
import { Feature } from "../repository/feature.ts";
import { publish, type Reason, type Repository, rulesOf } from "../repository/lib.ts";
import { isTooDense } from "../text/weight.ts";

const NOT_READY: Evaluation = { value: undefined, strategyId: undefined, reason: "NOT_READY" };

/**
 * Serves the values of a document of `docs/reference/bootstrap.md` until the first list of features. Only reads for the context of the document have
 * values. Reads without a context have them if the document has no context either, or if it belongs to the client's first context.
 *
 * @returns false if the document cannot be read
 */
export function hydrate(repository: Repository, state: string, first: GivenAttributes | undefined): boolean {
  const document = isTooDense(state) ? undefined : parse(state);
  if (!isObject(document) || document["format"] !== 1) return false;
  const list = document["features"];
  if (!Array.isArray(list)) return false;
  const features: Feature[] = [];
  const evaluations: Evaluation[] = [];
  try {
    for (const each of list as readonly Json[]) {
      if (!isObject(each)) return false;
      const [key, reason, variant] = ["key", "reason", "variant"].map((name) => asText(member(each, name)));
      const version = member(each, "version");
      if (!key || !reason || variant === undefined || typeof version !== "number") return false;
      const json = JSON.stringify({ key, type: member(each, "type"), version, value: member(each, "value") });
      const feature = new Feature({ key, id: undefined, version, json });
      features.push(feature);
      const strategyId = variant === "default" ? undefined : variant;
      evaluations.push({ value: feature.value, strategyId, reason: reason as Reason });
    }
  } catch {
    // A deep value overflows the stack in `JSON.stringify`, but not in `JSON.parse`.
    return false;
  }
  const hash = document["context"] ?? undefined;
  let last: GivenAttributes | undefined;
  let isSame = hash === undefined;
  const ruleset: Ruleset = {
    evaluate: (position, attributes = first) => {
      if (attributes !== last) isSame = (attributes && contextHash(attributes.map)) === hash;
      last = attributes;
      return (isSame && evaluations[position]) || NOT_READY;
    },
  };
  const rules = compiled(rulesOf(features, { kind: "unknown" }), ruleset);
  publish(repository, { rules, cause: "invisible" });
  return true;
}
