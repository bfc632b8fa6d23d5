import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { readSnapshot } from "../storage/snapshot_form.ts";
import type { SavedFeatures, SnapshotOwner } from "../storage/snapshot_owner.ts";

/**
 * The file in which a client keeps its last features; see {@link snapshotFile}.
 *
 * @example
 * ```ts
 * const file: SnapshotFile = { path: "features.json", maxAge: 86_400 };
 * ```
 */
export interface SnapshotFile {
  /** The path of the file, whose folder must exist. */
  readonly path: string;
  /** The maximum age of features in seconds; without it, features of any age are used. */
  readonly maxAge?: number | undefined;
}

/**
 * Returns the setting that keeps the last features of a client in a file, with which the client starts while the Edge cannot be reached. The
 * folder must exist.
 *
 * The file has the form of `docs/reference/snapshot.md`, which clients in Rust and Python read and write, too. It holds features and their rules, but
 * no API key. Only its owner can read it. It is replaced as a whole, at most every 5 seconds and when the client is closed, and not before
 * the Edge has sent a list of features.
 *
 * @example
 * ```ts
 * const client = new Client(url, apiKey, { snapshotFile: snapshotFile("features.json", { maxAge: 86_400 }) });
 * ```
 */
export function snapshotFile(path: string, options: { readonly maxAge?: number } = {}): SnapshotFile {
  return { ...options, path };
}

/** The largest file that is read, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024;
/** The age in milliseconds at which the temporary file of another write counts as abandoned. */
const ABANDONED_AFTER = 600_000;

/** Returns the features of a file, the reason why they cannot be used, or `undefined` if there is no file. */
export function load(
  { path, maxAge }: SnapshotFile,
  owner: SnapshotOwner,
  now: number,
): SavedFeatures | string | undefined {
  let saved: SavedFeatures | string;
  try {
    if (statSync(path).size > MOST_BYTES) return "the file is larger than 256 MiB";
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    saved = readSnapshot(text, owner, "file");
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return code === "ENOENT" ? undefined : `the file cannot be read: ${code ?? message}`;
  }
  const isTooOld = typeof saved !== "string" && maxAge !== undefined && now - saved.savedAt > maxAge * 1000;
  return isTooOld ? "the snapshot is older than the maximum age" : saved;
}

/** Replaces a file as a whole, so that a reader sees either the old or the new text, even after a power failure. */
export async function replace(path: string, text: string): Promise<void> {
  const beside = besideOf(path);
  try {
    const file = await open(beside, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    removeAbandoned(path);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Does the same as {@link replace} before it returns, for programs that end. */
export function replaceNow(path: string, text: string): void {
  const beside = besideOf(path);
  try {
    const file = openSync(beside, "wx", 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

let count = 0;

/** Returns the path of a temporary file in the same folder, in the form that clients in Rust recognise. */
function besideOf(path: string): string {
  return `${path}.${process.pid}-${count++}-${randomBytes(8).toString("hex")}.new`;
}

/** Removes the temporary files of programs that ended during a write. Errors are ignored, because the next write tries again. */
function removeAbandoned(path: string): void {
  const [folder, name] = [dirname(path), basename(path)];
  try {
    for (const each of readdirSync(folder)) {
      const isTemporary =
        each.startsWith(`${name}.`) && /^\.\d+-\d+-[\da-f]{16}\.new$/.test(each.slice(name.length));
      const file = join(folder, each);
      if (isTemporary && Date.now() - statSync(file).mtimeMs > ABANDONED_AFTER) rmSync(file, { force: true });
    }
  } catch {
    // A file may have been renamed meanwhile.
  }
}
