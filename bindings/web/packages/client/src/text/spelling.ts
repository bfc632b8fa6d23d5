import { distance } from "./distance.ts";

/** The largest number of characters of a name that are compared. Later characters are ignored. */
const LONGEST = 100;

/**
 * Returns the candidate that is closest to a misspelt name, as the Rust function of this name does; `undefined` if no candidate is close
 * enough. The number of edits may be a third of the name's length in characters, at least one and at most four. Upper and lower case and the
 * kind of separator make no difference.
 */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  const own = plain(name);
  let allowed = Math.min(Math.max(Math.floor(own.length / 3), 1), 4);
  let found: string | undefined;
  for (const candidate of candidates) {
    // A name of very different length is no misspelling. The number of UTF-16 units is at most twice that of characters.
    if (candidate.length > 2 * LONGEST ? own.length < LONGEST - 4 : candidate.length > 2 * (own.length + 4))
      continue;
    const other = plain(candidate);
    if (Math.abs(other.length - own.length) > allowed) continue;
    const edits = distance(own, other);
    if (edits > allowed) continue;
    found = candidate;
    // Only a closer one may replace it.
    allowed = edits - 1;
    if (allowed < 0) break;
  }
  return found;
}

/** Returns the first characters of a name, in lower case and with `_` for every separator. */
function plain(name: string): string[] {
  const start = Array.from(name).slice(0, LONGEST).join("");
  return Array.from(start.replace(/[-. ]/g, "_").toLowerCase());
}
