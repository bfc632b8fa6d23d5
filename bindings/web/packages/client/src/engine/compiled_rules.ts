import type { Ruleset } from "../repository/engine.ts";
import type { Rules } from "../repository/lib.ts";

/**
 * Gives the features of rules the ruleset that the engine compiled from their JSON, in their order, and returns the rules. Earlier rules that
 * have one of the features use the same ruleset from now on. Rules of features that the Edge evaluates need no ruleset.
 */
export function compiled(rules: Rules, ruleset: Ruleset): Rules {
  let position = 0;
  for (const feature of rules.features()) {
    feature.ruleset = ruleset;
    feature.position = position++;
  }
  return rules;
}
