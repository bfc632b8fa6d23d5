/**
 * `npm run packages -- FOLDER`: builds the published packages and writes their tarballs into a folder. `cargo xtask dist npm` builds the
 * engines before, and runs this program.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundle } from "./bundle.ts";
import { declare } from "./declarations.ts";
import { publishedManifest } from "./manifest.ts";
import { LICENCES, NAMES, Package, WEB } from "./packages.ts";

const [given] = process.argv.slice(2);
if (given === undefined) throw new Error("npm run packages -- FOLDER");
const folder = resolve(given);

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder)) if (file.endsWith(".tgz")) rmSync(join(folder, file));
for (const name of NAMES) {
  const built = new Package(name);
  rmSync(built.dist, { recursive: true, force: true });
  await bundle(built);
  declare(built);
  console.log(`    ${join(folder, pack(built))}`);
}

/** Returns the licences of the crates that the full engine contains. Those of the lean engine are among them. */
function licencesOfEngine(): string {
  const manifest = join(WEB, "engine/Cargo.toml");
  const options = ["--target", "wasm32-unknown-unknown", "--features", "full", "--module", "The full engine"];
  const script = join(WEB, "../python/wheels/licences.py");
  return execFileSync("python3", ["-B", script, "--manifest", manifest, ...options], { encoding: "utf8" });
}

/** Writes the tarball of a built package, and returns its name. */
function pack(of: Package): string {
  const staged = join(folder, "staged", of.manifest.name);
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  cpSync(of.dist, join(staged, "dist"), { recursive: true });
  // The tarball has none of the project's other pages, so links to them become their paths.
  const readme = readFileSync(join(of.folder, "README.md"), "utf8");
  const text = readme.replace(/\[([^\]]+)\]\((?:\.\.\/)+([^)]+)\)/g, "$1 (`$2` of the project)");
  writeFileSync(join(staged, "README.md"), text);
  cpSync(join(WEB, "../../LICENSE"), join(staged, "LICENSE"));
  if (of.manifest.name === "fh-client") writeFileSync(join(staged, LICENCES), licencesOfEngine());
  writeFileSync(join(staged, "package.json"), `${JSON.stringify(publishedManifest(of), null, 2)}\n`);
  const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: staged,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [packed] = JSON.parse(printed) as [{ filename: string }];
  return packed.filename;
}
