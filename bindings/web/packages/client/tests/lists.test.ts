/** The options and the enumerations of the package are those of the list for all languages (bindings/shared/lists.json). */

import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";
import { expect, test, vi } from "vitest";

import manifest from "../package.json" with { type: "json" };
import { checkOptions } from "../src/options/check.ts";
import { VERSION } from "../src/platform/web.ts";
import { parseSettings } from "../src/options/start_error.ts";

interface Member {
  readonly name: string;
  readonly unit: string;
  readonly default: number;
}

interface Setting {
  readonly name: string;
  readonly form: string;
  readonly unit?: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly members?: readonly Member[];
  readonly lacking?: Readonly<Record<string, string>>;
}

interface EnumerationValue {
  readonly name: string;
  readonly lacking?: readonly string[];
}

interface Lists {
  readonly settings: readonly Setting[];
  readonly enumerations: Readonly<Record<string, readonly EnumerationValue[]>>;
}

const PROJECT = new URL("../../../../../", import.meta.url);
const LISTS = JSON.parse(text("bindings/shared/lists.json")) as Lists;
const SETTINGS = LISTS.settings.filter(({ lacking }) => lacking?.["TypeScript"] === undefined);
const OPTIONS = [source("options/options.ts"), source("session/config.ts")];

/** The types of the forms, each with a value. The types of choices are the words of the list. */
const FORMS: Readonly<Record<string, readonly [type: string, value: unknown]>> = {
  flag: ["boolean", true],
  seconds: ["number", 1],
  "range of seconds": ["readonly [shortest: number, longest: number]", [1, 2]],
  count: ["number", 1],
  text: ["string", "x"],
  headers: ["Readonly<Record<string, string>>", {}],
  context: ["ContextAttributes", {}],
  backoff: ["BackoffOptions", { initial: 1 }],
  limits: ["LimitOptions", { head: 1 }],
};

function text(path: string): string {
  return readFileSync(new URL(path, PROJECT), "utf8");
}

function source(file: string): ts.SourceFile {
  return ts.createSourceFile(
    file,
    text(`bindings/web/packages/client/src/${file}`),
    ts.ScriptTarget.Latest,
    true,
  );
}

/** Returns the types and the comments of an interface's members, by name. */
function membersOf(name: string): Map<string, { type: string; about: string }> {
  const found = OPTIONS.flatMap(({ statements }) => statements).find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
  );
  const members = found?.members.filter(ts.isPropertySignature) ?? [];
  return new Map(
    members.map((member) => [
      member.name.getText(),
      { type: member.type?.getText() ?? "", about: aboutOf(member) },
    ]),
  );
}

function aboutOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return comments
    .map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? "")
    .join(" ")
    .replace(/\s+/g, " ");
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns a default as comments write it, such as `1,024`. */
function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join(" and ");
  return typeof value === "number" ? value.toLocaleString("en-US") : String(value);
}

const USUAL = parseSettings("http://edge", "environment/key", {}, undefined);
const DELAYS = membersOf("DelayOptions");
const OF_CLIENT = new Map([...membersOf("ClientOptions"), ...DELAYS]);

test("the client has the version of the package", () => {
  expect(VERSION).toBe(manifest.version);
});

test("the client has the options of the list", () => {
  expect([...OF_CLIENT.keys()].sort()).toEqual(SETTINGS.map(({ name }) => camelCase(name)).sort());
});

/** `FH_WRITE_PAGES=1` writes the names of the options whose forms the check does not know. */
test("the check of options has all names", () => {
  const path = "bindings/web/packages/client/src/options/check.ts";
  const found = text(path);
  const [, row = ""] = /^ {2}"": "(.*)",$/m.exec(found) ?? [];
  const names = SETTINGS.map(({ name }) => camelCase(name));
  const missing = names.filter((name) => !new RegExp(`[" ]${name}[ "]`).test(found));
  const written = found.replace(`"${row}"`, `"${[row, ...missing].join(" ")}"`);
  if (process.env["FH_WRITE_PAGES"]) writeFileSync(new URL(path, PROJECT), written);
  else expect(written, "FH_WRITE_PAGES=1 writes check.ts").toBe(found);
});

test("the check of options accepts their forms", () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  checkOptions(Object.fromEntries(SETTINGS.map(({ name, form }) => [camelCase(name), FORMS[form]?.[1]])));
  expect(warn.mock.calls).toEqual([]);
  warn.mockRestore();
});

test.each(SETTINGS.map((setting): [string, Setting] => [camelCase(setting.name), setting]))(
  "%s has the type, the unit and the default of the list",
  (name, setting) => {
    const { type, about } = OF_CLIENT.get(name) ?? { type: "", about: "" };
    expect(about.length).toBeGreaterThan(10);
    if (setting.choices && name !== "profile")
      expect(type).toBe(setting.choices.map((word) => `"${word}"`).join(" | "));
    else if (setting.choices) expect(type).toBe("Profile");
    else if (setting.form !== "code") expect(type).toBe(FORMS[setting.form]?.[0]);
    if (setting.unit === "seconds") expect(about).toContain("seconds");
    if (DELAYS.has(name)) expect(USUAL).toHaveProperty(name, Number(setting.default) * 1000);
    if (setting.default !== undefined && !setting.members)
      expect(about.replaceAll("`", "")).toMatch(
        new RegExp(`\\b${written(setting.default)}\\b( by default|, which is the default)`),
      );
  },
);

test.each([
  ["backoff", "BackoffOptions", ""],
  ["backoffWhenRefused", "BackoffOptions", " after a refusal"],
  ["limits", "LimitOptions", ""],
])("the members of %s have the names, the units and the defaults of the list", (setting, type, when) => {
  const own = membersOf(type);
  const listed = SETTINGS.find(({ name }) => camelCase(name) === setting)?.members ?? [];
  // Platforms open connections without a limit of the client's.
  const members = listed.filter(({ name }) => name !== "connect");
  expect([...own.keys()]).toEqual(members.map(({ name }) => camelCase(name)));
  for (const member of members) {
    const { type, about } = own.get(camelCase(member.name))!;
    expect(type).toBe("number");
    expect(about).toContain(member.unit.split(" ")[0]);
    const usual = member.unit === "bytes" ? `${member.default / 1024 ** 2} MiB` : written(member.default);
    const isEqual = setting === "backoffWhenRefused" && !about.includes("after a refusal");
    expect(about).toContain(when === "" || isEqual ? `${usual} by default` : `${usual}${when}`);
  }
});

/** Returns the texts of the literal types of a type, or of those of a member with this name. */
function literals(node: ts.Node, member: string | undefined, file: ts.SourceFile): string[] {
  if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) return [node.literal.text];
  if (ts.isUnionTypeNode(node)) return node.types.flatMap((type) => literals(type, member, file));
  if (ts.isTypeLiteralNode(node))
    return node.members
      .filter(ts.isPropertySignature)
      .flatMap(({ name, type }) =>
        name.getText() === member && type ? literals(type, undefined, file) : [],
      );
  if (ts.isTypeReferenceNode(node)) return namesIn(file, node.typeName.getText(), undefined);
  return [];
}

/** Returns the names of an enumeration: the literals of its type, or the elements of the list from which its type is made. */
function namesIn(file: ts.SourceFile, name: string, member: string | undefined): string[] {
  const alias = file.statements.find(
    (node): node is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(node) && node.name.text === name,
  );
  const found = alias ? literals(alias.type, member, file) : [];
  if (found.length > 0) return found;
  const list = new RegExp(`const ${name.toUpperCase()}S = \\[([^\\]]*)\\]`).exec(file.text)?.[1] ?? "";
  return [...list.matchAll(/"(\w+)"/g)].map(([, each = ""]) => each);
}

test.each([
  ["Readiness", "repository/status.ts", undefined],
  ["Connection", "repository/status.ts", undefined],
  ["Problem", "repository/problem.ts", "code"],
  ["Stage", "repository/problem.ts", undefined],
  ["Reason", "repository/reason.ts", undefined],
  ["Notice", "repository/notice.ts", "kind"],
  ["End", "session/action.ts", "kind"],
])("%s has the names of the list, each with a text", (name, path, member) => {
  const file = source(path);
  const listed = LISTS.enumerations[name] ?? [];
  const expected = listed.filter(({ lacking }) => !lacking?.includes("TypeScript"));
  expect(namesIn(file, name, member).sort()).toEqual(expected.map((value) => value.name).sort());
  for (const value of expected) expect(file.text).toMatch(new RegExp(`\\* - \`${value.name}\`: \\w`));
});
