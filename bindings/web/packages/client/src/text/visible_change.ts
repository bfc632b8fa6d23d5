import { members } from "./json.ts";

/**
 * Returns true if two states of a feature, given as JSON objects, differ visibly for programs that read the feature. All differences
 * count as visible, except in these points:
 *
 * - the order of members, white space between members, and escapes in the names of members
 * - the version of the value, and the id of the environment
 * - a member that is null in one state and missing in the other
 * - the member `l` (locked), if it is false in one state and null or missing in the other
 */
export function isVisibleChange(old: string, now: string): boolean {
  if (old === now) return false;
  const [before, after] = [seen(old), seen(now)];
  if (before?.length !== after?.length || !before || !after) return true;
  return before.some(([name, value], at) => after[at]?.[0] !== name || after[at][1] !== value);
}

/** Returns the members that programs can see, sorted by their names; `undefined` if the JSON is no object. */
function seen(json: string): [string, string][] | undefined {
  return members(json)
    ?.filter(([name, value]) => {
      // A missing member and null have the same meaning for programs, and so have a missing lock and a lock of false.
      const isNothing = value === "null" || (name === "l" && value === "false");
      return !isNothing && name !== "version" && name !== "environmentId";
    })
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}
