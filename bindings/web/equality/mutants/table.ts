import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sections } from "./toml.ts";

/** A replacement of a piece of code. */
export interface Edit {
  /** The mutant, and the place in the table, for messages. */
  readonly at: string;
  readonly mutant: string;
  /** The folder of the package below `packages`. */
  readonly package: string;
  /** The file below the package's `src`. */
  readonly file: string;
  /** The function: `name`, `Type.name` or `Type.#name`. */
  readonly item: string;
  readonly before: string;
  /** The part that is replaced; empty if the edit inserts a statement. */
  readonly marked: string;
  readonly after: string;
  readonly with: string;
}

/** A deliberate bug. */
export interface Mutant {
  readonly name: string;
  readonly area: string;
  readonly edits: readonly Edit[];
  /** The reason why the Rust mutant has no counterpart; `undefined` if it has one. */
  readonly absent: string | undefined;
  /** The reason why no replay and no test finds the mutant; `undefined` if one must find it. */
  readonly exempt: string | undefined;
  /** The test file, relative to `bindings/web`, that must find the mutant in addition to the replay. */
  readonly test: string | undefined;
}

/** Code that is appended to a file, for the edits of mutants. */
export interface Helper {
  readonly package: string;
  readonly file: string;
  readonly code: string;
}

/** All tables. */
export interface Tables {
  readonly mutants: readonly Mutant[];
  readonly helpers: readonly Helper[];
}

/** The areas with counterparts in Rust, which are the crates without `fh-` and the folders of the tables. */
export const AREAS = ["session", "repository"] as const;

/** The area of what only pages have: storage and tabs. Tests find its mutants. */
export const PAGE = "page";

/** The area of `fh-react`. Tests find its mutants. */
export const REACT = "react";

/** The folders of the packages that have mutants, below `packages`. */
export const PACKAGES = ["client", REACT] as const;

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  mutants: ["name", "absent", "exempt", "test"],
  "mutants.edits": ["file", "in", "find", "with"],
  helpers: ["file", "code"],
};

/**
 * Reads one table.
 *
 * @throws an error that names the file and the line, if the table has another form
 */
export function readTable(area: string, file: string, text: string): Tables {
  const mutants: (Mutant & { edits: Edit[] })[] = [];
  const helpers: Helper[] = [];
  const of = { package: area === REACT ? REACT : "client" };
  for (const { name, line, texts } of sections(file, text)) {
    const where = `${file}:${line}`;
    const known = MEMBERS[name];
    if (known === undefined) throw new Error(`${where}: unknown table ${name}`);
    for (const member of texts.keys()) {
      if (!known.includes(member)) throw new Error(`${where}: unknown member ${member}`);
    }
    const get = (member: string): string => {
      const value = texts.get(member);
      if (value === undefined) throw new Error(`${where}: the member ${member} is missing`);
      return value;
    };
    if (name === "helpers") {
      helpers.push({ ...of, file: get("file"), code: get("code") });
      continue;
    }
    if (name === "mutants") {
      const [absent, exempt, test] = ["absent", "exempt", "test"].map((member) => texts.get(member));
      mutants.push({ name: get("name"), area, edits: [], absent, exempt, test });
      continue;
    }
    const mutant = mutants.at(-1);
    if (mutant === undefined) throw new Error(`${where}: the edit belongs to no mutant`);
    const [, before, marked, after] = /^([^«»]*)«([^«»]*)»([^«»]*)$/.exec(get("find")) ?? [];
    if (before === undefined || marked === undefined || after === undefined) {
      throw new Error(`${where}: the member find must hold « and » once`);
    }
    mutant.edits.push({
      ...of,
      at: `${mutant.name} (${where})`,
      mutant: mutant.name,
      file: get("file"),
      item: get("in"),
      before,
      marked,
      after,
      with: get("with"),
    });
  }
  for (const { name, edits, absent } of mutants) {
    if ((edits.length === 0) !== (absent !== undefined)) {
      throw new Error(`${file}: the mutant ${name} must have either edits or the member absent`);
    }
  }
  return { mutants, helpers };
}

/** Reads the tables of all areas below the folder `equality/mutants`. */
export function readTables(folder: string): Tables {
  const all = [...AREAS, PAGE, REACT].flatMap((area) =>
    tableFiles(join(folder, area)).map((name) =>
      readTable(area, `${area}/${name}`, readFileSync(join(folder, area, name), "utf8")),
    ),
  );
  return {
    mutants: all.flatMap(({ mutants }) => mutants),
    helpers: all.flatMap(({ helpers }) => helpers),
  };
}

/** Returns the names of the mutants of a Rust crate, given the folder of its tables, by file. */
export function rustNames(folder: string): Map<string, string[]> {
  return new Map(
    tableFiles(folder).map((file) => [
      file,
      sections(file, readFileSync(join(folder, file), "utf8"))
        .filter(({ name }) => name === "mutants")
        .map(({ texts }) => texts.get("name") ?? ""),
    ]),
  );
}

function tableFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".toml"))
    .sort();
}
