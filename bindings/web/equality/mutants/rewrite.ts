import type { Placed } from "./place.ts";

/**
 * Returns a source with all edits, each of which has an effect only while its mutant is switched on.
 *
 * @throws an error that names both mutants, if two edits overlap and neither replaced part contains the other
 */
export function withSwitches(text: string, edits: readonly Placed[]): string {
  // The outermost of several parts with the same beginning comes first. An insertion comes before a replacement.
  const sorted = [...edits].sort(
    (one, other) =>
      one.start - other.start ||
      Number(isReplacement(one)) - Number(isReplacement(other)) ||
      other.end - one.end,
  );
  return rewritten(text, 0, text.length, sorted);
}

function isReplacement({ start, end }: Placed): boolean {
  return end > start;
}

function rewritten(text: string, from: number, to: number, edits: readonly Placed[]): string {
  let [result, done, next] = ["", from, 0];
  for (let first = edits[next]; first !== undefined; first = edits[next]) {
    const { start, end } = first;
    result += text.slice(done, start);
    done = end;
    if (!isReplacement(first)) {
      result += ` if (${isOn(first)}) ${block(first.edit.with)} `;
      next++;
      continue;
    }
    const same = edits.slice(next).filter((other) => other.start === start && other.end === end);
    next += same.length;
    const inside: Placed[] = [];
    for (let other = edits[next]; other !== undefined && other.start < end; other = edits[++next]) {
      if (other.end > end) {
        throw new Error(`${other.edit.at}: the replaced part overlaps that of ${first.edit.at}`);
      }
      inside.push(other);
    }
    result += replaced(same, rewritten(text, start, end, inside), text.slice(start, end));
  }
  return result + text.slice(done, to);
}

function isOn({ edit }: Placed): string {
  return `isOn(${JSON.stringify(edit.mutant)})`;
}

function block(code: string): string {
  return `{ ${code.trim()}\n}`;
}

/** Returns statements in place of statements, and an expression in place of an expression. */
function replaced(edits: readonly Placed[], original: string, text: string): string {
  if (/;$|^[^{][^]*\}$/.test(text)) {
    const branches = edits.map((placed) => `if (${isOn(placed)}) ${block(placed.edit.with)} else `);
    return `{ ${branches.join("")}${block(original)} }`;
  }
  const branches = edits.map((placed) => `${isOn(placed)} ? (${placed.edit.with.trim()}) : `);
  return `(${branches.join("")}(${original}))`;
}
