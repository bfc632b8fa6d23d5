import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Placed, place } from "./place.ts";
import { withSwitches } from "./rewrite.ts";
import type { Tables } from "./table.ts";
import { read } from "./tokens.ts";

/** The module of the copy that holds the switch, below `src` of each package. */
export const SWITCH = "mutants.ts";

/**
 * Returns the text of each changed file, with all mutants, each behind its switch, by its path below the folder of the packages.
 *
 * @throws an error with one line for each piece that does not occur exactly once
 */
export function changedFiles(packages: string, { mutants, helpers }: Tables): Map<string, string> {
  const edits = mutants.flatMap((mutant) => mutant.edits);
  const errors: string[] = [];
  const changed = new Map<string, string>();
  for (const name of new Set([...edits, ...helpers].map(pathOf))) {
    const path = join(packages, name);
    const ofFile = edits.filter((edit) => pathOf(edit) === name);
    const file = name.replace(/^.*?\/src\//, "");
    if (!existsSync(path)) {
      errors.push(`${ofFile[0]?.at ?? "a helper"}: there is no file ${file}`);
      continue;
    }
    const text = readFileSync(path, "utf8");
    const source = read(text, file);
    const placed: Placed[] = [];
    for (const edit of ofFile) {
      try {
        placed.push(place(edit, text, source));
      } catch (thrown) {
        errors.push((thrown as Error).message);
      }
    }
    const toSwitch = relative(dirname(file), SWITCH);
    const code = helpers.filter((helper) => pathOf(helper) === name).map((helper) => helper.code);
    const head = `import { isOn } from "${toSwitch.startsWith(".") ? toSwitch : `./${toSwitch}`}"; `;
    changed.set(name, [head + withSwitches(text, placed), ...code, ""].join("\n"));
  }
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return changed;
}

function pathOf(each: { readonly package: string; readonly file: string }): string {
  return `${each.package}/src/${each.file}`;
}
