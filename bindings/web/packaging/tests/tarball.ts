import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { afterAll } from "vitest";

import { NAMES } from "../packages.ts";

/** The folder of the tarballs, which `cargo xtask dist npm` fills. */
export const TARBALLS = required("FH_TARBALLS");

/** A published package, unpacked outside the repository. */
export class Tarball {
  readonly name: string;
  readonly path: string;
  /** The folder of the unpacked files. */
  readonly folder: string;
  /** The paths of the files, relative to the folder. */
  readonly files: readonly string[];

  constructor(name: string) {
    this.name = name;
    const found = readdirSync(TARBALLS).filter(
      (file) => file.startsWith(`${name}-`) && file.endsWith(".tgz"),
    );
    if (found.length !== 1) throw new Error(`${TARBALLS} has ${found.length} tarballs of ${name}`);
    this.path = join(TARBALLS, found[0]!);
    const unpacked = mkdtempSync(join(tmpdir(), "fh-tarball-"));
    execFileSync("tar", ["-xzf", this.path, "-C", unpacked]);
    this.folder = join(unpacked, "package");
    const listed = readdirSync(this.folder, { recursive: true, withFileTypes: true });
    this.files = listed
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .sort();
  }

  /** Unpacks the tarballs of all packages for the tests of a file, and removes them after the tests. */
  static all(): readonly Tarball[] {
    const tarballs = NAMES.map((name) => new Tarball(name));
    afterAll(() => {
      for (const { folder } of tarballs) rmSync(dirname(folder), { recursive: true });
    });
    return tarballs;
  }

  /** The text of a file. */
  text(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** The members of the manifest. */
  get manifest(): Record<string, unknown> {
    return JSON.parse(this.text("package.json")) as Record<string, unknown>;
  }

  /** The exports of the manifest: the files by their conditions, by subpath. */
  get exports(): readonly [string, Readonly<Record<string, string>>][] {
    const all = Object.entries(this.manifest["exports"] as Record<string, string | Record<string, string>>);
    return all.filter((entry): entry is [string, Record<string, string>] => typeof entry[1] !== "string");
  }

  /** Returns the files that a program loads at once or later if it imports a file, that file included. */
  reachable(from: string, known = new Set<string>()): ReadonlySet<string> {
    const file = posix.normalize(from);
    if (known.has(file)) return known;
    known.add(file);
    for (const [, next] of this.text(file).matchAll(/(?:from|import)\s*\(?"(\.[^"]+\.js)"/g))
      this.reachable(posix.join(posix.dirname(file), next!), known);
    return known;
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is missing; run: cargo xtask prove "web: packages" "web: new projects"`);
  return value;
}
