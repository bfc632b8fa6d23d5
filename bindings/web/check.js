/**
 * `npm run check`: checks types, lint rules, format and documentation. A check that has passed does not run again until a file changes, because
 * its result depends only on the files, the installed packages and the version of Node. `npm run check -- --again` runs each check.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";

/* global console, performance */

const CHECKS = {
  types: "npm run --silent types",
  lint: "eslint .",
  format: "prettier --check .",
  // Without links to sources, which would need a remote repository.
  documentation: "typedoc --emit none --disableSources",
};

const folder = import.meta.dirname;

/** The digest of the files at which each check passed last. */
const RECORD = resolve(folder, process.env.CARGO_TARGET_DIR ?? "../../target", "web/checks.json");

/** The files that the checks read. Those outside of this folder are imported by the adapter for the conformance suite, or are settings. */
const INPUTS = [".", ":(top)conformance/adapters/templates/typescript", ":(top,glob).*"];

/** Returns the paths of the files, relative to this folder, that are committed or could be. */
function list(pathspecs) {
  const options = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...pathspecs];
  const listed = execFileSync("git", options, { cwd: folder, encoding: "utf8", maxBuffer: 100_000_000 });
  return [...new Set(listed.split("\0"))].filter((path) => path !== "").sort();
}

/** Returns the bytes of a file; an empty text if it is deleted. */
function read(path) {
  try {
    return readFileSync(resolve(folder, path));
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

/** Returns the digest of everything on which the result of a check depends. */
function digest() {
  const hash = createHash("sha256").update(process.version);
  // TypeDoc checks that linked pages exist.
  hash.update(list([":(top)docs"]).join("\0"));
  for (const path of [...list(INPUTS), "node_modules/.package-lock.json"])
    hash.update(`\0${path}\0`).update(createHash("sha256").update(read(path)).digest());
  return hash.digest("hex");
}

/** Returns the record; an empty one if there is none. */
function passed() {
  try {
    return JSON.parse(read(RECORD).toString());
  } catch {
    return {};
  }
}

const before = digest();
const failed = [];
for (const [name, command] of Object.entries(CHECKS)) {
  if (passed()[name] === before && !process.argv.includes("--again")) {
    console.log(`${name}: passed before, and no file has changed`);
    continue;
  }
  const started = performance.now();
  const { status } = spawnSync(command, { cwd: folder, shell: true, stdio: "inherit" });
  console.log(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  if (status !== 0) failed.push(name);
  // A file that changes during a check may have been read before or after the change.
  else if (digest() === before) {
    mkdirSync(dirname(RECORD), { recursive: true });
    writeFileSync(RECORD, JSON.stringify({ ...passed(), [name]: before }));
  }
}
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
