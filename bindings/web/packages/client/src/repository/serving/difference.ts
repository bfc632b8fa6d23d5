import type { Rules } from "../rules.ts";
import type { IsVisibleChange } from "./core.ts";

/**
 * Returns the keys of the features that visibly differ between two sets of rules: features that were added, removed, or visibly
 * changed.
 */
export function differences(older: Rules, newer: Rules, isVisibleChange: IsVisibleChange): string[] {
  const keys: string[] = [];
  for (const feature of newer.features()) {
    const known = older.get(feature.key);
    if (known === undefined || isVisibleChange(known, feature)) keys.push(feature.key);
  }
  for (const key of older.entries.keys()) if (!newer.entries.has(key)) keys.push(key);
  return keys;
}
