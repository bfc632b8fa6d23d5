import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

/**
 * The tables of `docs/reference/sdk-matrix.md` about the TypeScript packages: the names in them exist, and each public item of the Rust crate `fh-client`
 * has a form in TypeScript.
 */

const PACKAGES = `${import.meta.dirname}/../../`;
const ROOT = `${PACKAGES}../../../`;
const ENTRIES = ["index.ts", "node/index.ts", "testing/index.ts"].map(
  (name) => `${PACKAGES}client/src/${name}`,
);
const SOURCES = ["client", "react", "openfeature"].flatMap((name) =>
  ts.sys.readDirectory(`${PACKAGES}${name}/src`, [".ts", ".tsx"]),
);
/** The types of Rust whose members belong to other types in TypeScript. */
const OTHER_TYPES: Record<string, string[]> = { ClientBuilder: ["ClientOptions", "NodeClientOptions"] };
/** Names of the language, and text of the tables that is no name. */
const OF_THE_LANGUAGE = "Date JavaScript SDK TypeError VERSION WeakRef X undefined using";

const program = ts.createProgram([...ENTRIES, ...SOURCES], {
  target: ts.ScriptTarget.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  noEmit: true,
  jsx: ts.JsxEmit.Preserve,
});
const checker = program.getTypeChecker();

/** The exported names of the entries, each with its declarations. */
const exported = ENTRIES.flatMap((entry) => {
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  return module ? checker.getExportsOfModule(module) : [];
});

function isPublic(member: ts.Symbol): boolean {
  const flags = member.declarations?.map((each) => ts.getCombinedModifierFlags(each)) ?? [];
  const isHidden = flags.some(
    (each) => (each & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0,
  );
  const isInternal = member.getJsDocTags().some(({ name }) => name === "internal");
  return !isHidden && !isInternal && !member.name.startsWith("__#");
}

/** Returns the public members of a class or an interface with this name; `undefined` if there is no such type. */
function members(of: string): Set<string> | undefined {
  const names = OTHER_TYPES[of] ?? [of];
  const types = exported
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter(
      ({ name, flags }) => names.includes(name) && flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface),
    );
  const found = types.flatMap((symbol) => [
    ...checker.getDeclaredTypeOfSymbol(symbol).getProperties(),
    ...(symbol.exports?.values() ?? []),
  ]);
  return types.length ? new Set(found.filter(isPublic).map(({ name }) => name)) : undefined;
}

function inCamelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns true if TypeScript exports the item, or if the item's type has a member with its name. A module of Rust is no part of a name. */
function has(path: string): boolean {
  const parts = path.split("::");
  const type = parts.findIndex((part) => !/^[a-z]/.test(part));
  const [of, name, ...rest] = type < 0 ? parts.slice(-1) : parts.slice(type);
  if (of === undefined || rest.length) return false;
  const names = name === undefined ? new Set(exported.map((each) => each.name)) : members(of);
  const wanted = name ?? of;
  return Boolean(names?.has(wanted) || names?.has(inCamelCase(wanted)));
}

/** The names and the texts of all sources. */
function words(): Set<string> {
  const found = new Set(OF_THE_LANGUAGE.split(" "));
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node))
      split(node.text).forEach((word) => found.add(word));
    ts.forEachChild(node, visit);
  };
  for (const source of SOURCES) {
    const file = program.getSourceFile(source);
    if (file) visit(file);
  }
  return found;
}

function split(text: string): string[] {
  return text.match(/\w+/g) ?? [];
}

function quoted(cell: string): string[] {
  return cell.split("`").filter((_, at) => at % 2 === 1);
}

/** The rows of the tables about TypeScript, as lists of cells. */
function rows(): string[][] {
  const page = readFileSync(`${ROOT}docs/reference/sdk-matrix.md`, "utf8");
  const section = page.split("\n## The client in TypeScript\n")[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => /^\|(?!--)/.test(line));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** Returns the names that a line of Rust exports or declares. */
function exportedBy(module: string): string[] {
  const uses = [...module.matchAll(/^pub use ([^;]+);/gm)].map(([, text = ""]) =>
    text.replace(/^.*\{|\}/gs, ""),
  );
  const declared = module.matchAll(/^pub (?:async |const )?(?:struct|enum|trait|type|const|fn) (\w+)/gm);
  const used = uses.flatMap((text) => text.split(",")).map((path) => /\w*$/.exec(path.trim())?.[0] ?? "");
  return [...used.filter(Boolean), ...[...declared].map(([, name = ""]) => name)];
}

const MEMBERS: Record<string, RegExp> = {
  struct: /^ {4}pub (\w+):/,
  enum: /^ {4}([A-Z]\w*)/,
  trait: /^ {4}(?:async )?fn (\w+)/,
  impl: /^ {4}pub (?:const |async )*(?:fn )?(\w+)/,
};

/**
 * Returns the public items of `fh-client`, without implementations of traits. The sources are formatted, so that the indentation tells items from
 * their members. Of an item of another crate, the list has the name only.
 */
function items(): string[] {
  const folder = resolve(ROOT, "fh-client/src");
  const files = ts.sys.readDirectory(folder, [".rs"]);
  const sources = new Map(files.map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
  const lib = sources.get("lib.rs") ?? "";
  const modules = [...lib.matchAll(/(?<!hidden\)\]\n)^pub mod (\w+);/gm)].map(([, name = ""]) => name);
  const reads = [...(sources.get("reads.rs") ?? "").matchAll(/ pub fn (\w+)/g)].map(([, name]) => name);
  return ["", ...modules].flatMap((module) => {
    const own = module ? (sources.get(`${module}.rs`) ?? sources.get(`${module}/mod.rs`)) : lib;
    const names = exportedBy(own ?? "");
    const found = [...names];
    for (const [file, text] of sources) {
      const top = file.split(/[/.]/)[0] ?? "";
      if ((modules.includes(top) ? top : "") !== module) continue;
      let [kind, of]: (string | undefined)[] = [];
      for (const line of text.split("\n")) {
        const header = /^(?:pub (struct|enum|trait)|(impl)(?:<.*?>)?) (\w+)(?!.* for )/.exec(line);
        if (header) [kind, of] = [header[1] ?? header[2], header[3]];
        else if (/^[^ /#]/.test(line)) kind = undefined;
        const member = kind && of && names.includes(of) ? MEMBERS[kind]?.exec(line)?.[1] : undefined;
        if (member) found.push(`${of}::${member}`);
        const type = /^reads!\((\w+)/.exec(line)?.[1];
        if (type) found.push(...reads.map((read) => `${type}::${read}`));
      }
    }
    return module ? [module, ...found.map((name) => `${module}::${name}`)] : found;
  });
}

function unknown(cell: string, known: Set<string>): string[] {
  const names = quoted(cell).filter((name) => !name.startsWith("fh-"));
  // Texts within a call are values of a program.
  const outside = names.flatMap((name) => name.split('"').filter((_, at) => at % 2 === 0));
  return outside.flatMap(split).filter((word) => !known.has(word));
}

test("the rows that TypeScript answers otherwise are in order, and name what exists", () => {
  const known = words();
  const answers = rows().filter(([number]) => /^\d+$/.test(number ?? ""));
  const numbers = answers.map(([number]) => Number(number));
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(numbers.at(-1)).toBe(68);
  for (const [number, answer, place = ""] of answers) {
    expect(["Y", "N"], `row ${number}`).toContain(answer);
    expect(place, `row ${number}`).not.toBe("");
    expect(unknown(place, known), `row ${number}`).toEqual([]);
  }
});

test("each item of the Rust client has a form in TypeScript", () => {
  const known = words();
  const all = items();
  const listed = rows()
    .filter((row) => row.length === 2)
    .slice(1);
  for (const [named = "", form = ""] of listed) {
    expect(form, named).not.toBe("");
    expect(unknown(form, known), named).toEqual([]);
  }
  const paths = listed.flatMap(([named = ""]) => quoted(named)).filter((name) => name !== "fh-client");
  expect(paths.map((path) => path.replace("::*", "")).filter((path) => !all.includes(path))).toEqual([]);
  // A row for all members would hide those that the type of Rust gets later.
  expect(paths.filter((path) => path.endsWith("::*") && members(path.slice(0, -3)))).toEqual([]);
  // The reads of these types have the same form as those of `Client`.
  const ofClient = (path: string): string => path.replace(/^(Context|Feature|Snapshot)::/, "Client::");
  const isListed = (path: string): boolean =>
    paths.some(
      (name) =>
        name === path ||
        name === ofClient(path) ||
        (path.startsWith(name.replace(/\*$/, "")) && name.endsWith("::*")),
    ) || paths.includes(`${path}::*`);
  expect(all.filter((path) => !has(path) && !isListed(path))).toEqual([]);
});

test.each([
  ["Client::offer_features", true],
  ["Client::from_environment", true],
  ["Context::is_enabled", true],
  ["Snapshot::peek", true],
  ["overrides::environment_overrides", true],
  // Words of the sources, but no members of these types.
  ["Feature::detail_as", false],
  ["Context::close", false],
  ["Snapshot::refresh", false],
  ["Client::driver", false],
  ["NotReady::timed_out", false],
  ["driver", false],
])("%s has a form: %s", (path, expected) => {
  expect(has(path)).toBe(expected);
});
