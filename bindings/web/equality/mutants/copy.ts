import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { changedFiles, SWITCH } from "./apply.ts";
import { PACKAGES, type Tables } from "./table.ts";

/** Writes a copy of the packages that holds all mutants, and checks its types, so that no mutant is only a broken program. */
export async function writeCopy(web: string, copy: string, tables: Tables): Promise<void> {
  rmSync(copy, { recursive: true, force: true });
  // The manifest of the client has the imports that select a platform.
  for (const part of PACKAGES.flatMap((name) =>
    ["src", "tests", "package.json"].map((part) => `${name}/${part}`),
  )) {
    mkdirSync(dirname(join(copy, "packages", part)), { recursive: true });
    cpSync(join(web, "packages", part), join(copy, "packages", part), { recursive: true });
  }
  symlinkSync(join(web, "node_modules"), join(copy, "node_modules"));
  // fh-react imports the client of the copy.
  mkdirSync(join(copy, "packages/node_modules"));
  symlinkSync(join(copy, "packages/client"), join(copy, "packages/node_modules/fh-client"));
  symlinkSync(join(web, "equality"), join(copy, "equality"));
  cpSync(join(web, "tsconfig.json"), join(copy, "tsconfig.json"));
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }\n');
  const names = tables.mutants
    .filter(({ edits }) => edits.length > 0)
    .map(({ name }) => JSON.stringify(name));
  const text = `export type Mutant = ${names.join(" | ")};
let on: string | undefined = process.env["FH_MUTANT"];
export function isOn(mutant: Mutant): boolean {
  return mutant === on;
}
export function switchOn(mutant: string | undefined): void {
  on = mutant;
}
`;
  for (const name of PACKAGES) writeFileSync(join(copy, "packages", name, "src", SWITCH), text);
  const files = ["replay.ts"];
  for (const [file, changed] of changedFiles(join(web, "packages"), tables)) {
    writeFileSync(join(copy, "packages", file), changed);
    files.push(`packages/${file}`);
  }
  writeFileSync(join(copy, "replay.ts"), REPLAY);
  writeFileSync(
    join(copy, "tsconfig.replay.json"),
    JSON.stringify({ extends: "./tsconfig.json", compilerOptions: OPTIONS, files }),
  );
  const tsc = join(web, "node_modules/typescript-7/bin/tsc");
  execFileSync(process.execPath, [tsc, "--noEmit", "-p", join(copy, "tsconfig.replay.json")], {
    stdio: "inherit",
  });
  await build({
    entryPoints: [join(copy, "replay.ts")],
    outfile: join(copy, "replay.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "warning",
  });
}

/** The part of the copy that the workers load. */
const REPLAY = `export { conversationsIn, filesIn, replay } from "./packages/client/tests/replayer.ts";
export { World } from "./packages/client/tests/sequences/world.ts";
export { switchOn } from "./packages/client/src/mutants.ts";
`;

/** The compiler options of the type check. A mutant may leave code unreachable, or a path without a result. */
const OPTIONS = {
  noEmit: true,
  types: ["node"],
  jsx: "react-jsx",
  lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"],
  noImplicitReturns: false,
  allowUnreachableCode: true,
};
