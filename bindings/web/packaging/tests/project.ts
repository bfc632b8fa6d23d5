import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";

import { CLIENT_KEY, SERVER_KEY } from "../../packages/client/tests/client/serve.ts";
import { WEB } from "../packages.ts";
import type { Tarball } from "./tarball.ts";

const run = promisify(execFile);
/** The committed files of the projects. */
const PROJECTS = join(WEB, "tests/projects");
const INSTALL = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
/** The address of the features in the READMEs, before the last part of the key. */
const EXAMPLES = "https://edge.example/features/environment/";

const made: string[] = [];

/** Removes the projects of a file after its tests. */
export function removeProjects(): void {
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
}

/** Returns the examples of a package's README that are in TypeScript. */
export function examples(of: Tarball): string[] {
  return [...of.text("README.md").matchAll(/```tsx?\n([^]*?)```/g)].map(([, code = ""]) => code);
}

/** Returns the first example of a package's README, in TypeScript. */
export function firstExample(of: Tarball): string {
  return examples(of)[0]!;
}

/** Returns the example of the README of `fh-client` with a server-evaluated key. Its context goes to the Edge. */
export function withServerKey(example: string): string {
  const key = '"environment/key", { context: { userkey: "mara", country: "new_zealand" } }';
  const changed = example.replace('"environment/key*"', key);
  if (changed === example) throw new Error("the example has no client-evaluated key");
  return changed;
}

/** Returns the script that lets a program reach `fh serve` at the address of the READMEs, so that their examples run as they are. */
export function edgeScript(edge: string): string {
  const names = [
    [`${EXAMPLES}key*`, `${edge}/features/${CLIENT_KEY}`],
    [`${EXAMPLES}key`, `${edge}/features/${SERVER_KEY}`],
  ];
  return `{
  const send = globalThis.fetch;
  const names = ${JSON.stringify(names)};
  globalThis.fetch = (url, init) => send(names.reduce((text, [from, to]) => text.replace(from, to), String(url)), init);
}
`;
}

/** Makes an empty folder outside the repository, which is removed after the tests. */
export function scratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `fh-project-${name}-`));
  made.push(folder);
  return folder;
}

/** Copies a project to a folder outside the repository, and returns the folder. */
function copied(source: string): string {
  const folder = scratch(basename(source));
  cpSync(source, folder, { recursive: true });
  return folder;
}

/** Makes one of the committed projects outside the repository, as {@link installed} does. */
export function project(name: string, ...packages: readonly Tarball[]): Promise<string> {
  return installed(join(PROJECTS, name), ...packages);
}

/**
 * Copies a project out of the repository, installs its dependencies and the packages from their tarballs, without scripts, and returns the
 * project's folder. A project with a lock file or without dependencies installs from npm's cache. Any other one gets the newest versions of
 * what its dependencies need, as a new project of a user does.
 */
export async function installed(source: string, ...packages: readonly Tarball[]): Promise<string> {
  const folder = copied(source);
  const tarballs = packages.map(({ path }) => path);
  const install = (...network: readonly string[]): Promise<unknown> =>
    run("npm", ["install", ...network, "--no-save", ...INSTALL, ...tarballs], { cwd: folder });
  const isLocked = existsSync(join(folder, "package-lock.json"));
  const hasDependencies = readFileSync(join(folder, "package.json"), "utf8").includes('ependencies"');
  if (hasDependencies && !isLocked) await install();
  else {
    await install("--offline").catch((error: unknown) => {
      if (!isLocked) throw error;
      return install("--prefer-offline");
    });
  }
  return folder;
}

/** Writes files into a project. */
export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
