import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Placed, place } from "./place.ts";
import { withSwitches } from "./rewrite.ts";
import type { Tables } from "./table.ts";
import { read } from "./tokens.ts";

/** The module of the copy that holds the switch, below `packages/client/src`. */
export const SWITCH = "mutants.ts";

/**
 * Returns the text of each changed file below `packages/client/src`, with all mutants, each behind its switch.
 *
 * @throws an error with one line for each piece that does not occur exactly once
 */
export function changedFiles(src: string, { mutants, helpers }: Tables): Map<string, string> {
  const edits = mutants.flatMap((mutant) => mutant.edits);
  const errors: string[] = [];
  const changed = new Map<string, string>();
  for (const file of new Set([...edits, ...helpers].map((each) => each.file))) {
    const path = join(src, file);
    const ofFile = edits.filter((edit) => edit.file === file);
    if (!existsSync(path)) {
      errors.push(`${ofFile[0]?.at ?? "a helper"}: there is no file ${file}`);
      continue;
    }
    const text = readFileSync(path, "utf8");
    const source = read(text);
    const placed: Placed[] = [];
    for (const edit of ofFile) {
      try {
        placed.push(place(edit, text, source));
      } catch (thrown) {
        errors.push((thrown as Error).message);
      }
    }
    const toSwitch = relative(dirname(file), SWITCH);
    const code = helpers.filter((helper) => helper.file === file).map((helper) => helper.code);
    const head = `import { isOn } from "${toSwitch.startsWith(".") ? toSwitch : `./${toSwitch}`}"; `;
    changed.set(file, [head + withSwitches(text, placed), ...code, ""].join("\n"));
  }
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return changed;
}
