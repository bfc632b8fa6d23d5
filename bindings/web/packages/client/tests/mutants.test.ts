import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { changedFiles } from "../../../equality/mutants/apply.ts";
import { place } from "../../../equality/mutants/place.ts";
import { withSwitches } from "../../../equality/mutants/rewrite.ts";
import { AREAS, type Edit, readTable, readTables, rustNames } from "../../../equality/mutants/table.ts";

const WEB = fileURLToPath(new URL("../../../", import.meta.url));
const TABLES = readTables(`${WEB}equality/mutants`);

/** Maximum number of mutants that nothing finds. */
const MOST_EXEMPT = 10;

/** Returns the edits of a table with one mutant. */
function editsOf(find: string, code: string, item = "f"): readonly Edit[] {
  const table = `[[mutants]]\nname = "M"\n[[mutants.edits]]\nfile = "a.ts"\nin = "${item}"\nfind = '${find}'\nwith = '${code}'`;
  return readTable("session", "session/t.toml", table).mutants[0]!.edits;
}

/** Returns a source with one edit behind its switch, without white space. */
function applied(source: string, find: string, code: string, item?: string): string {
  const placed = editsOf(find, code, item).map((edit) => place(edit, source));
  return withSwitches(source, placed).replaceAll(/\s/g, "");
}

describe("the tables of mutants", () => {
  test.each(AREAS)("have the mutants of fh-%s, in files with the same names", (area) => {
    const folder = (path: string) => [...rustNames(`${WEB}${path}`)];
    // The TypeScript client has no sessions with further systems.
    const others = ["featbit.toml", "featuresignals.toml"];
    const rust = folder(`../../fh-client/${area}/mutants`).filter(([file]) => !others.includes(file));
    expect(folder(`equality/mutants/${area}`)).toEqual(rust);
  });

  test("have edits whose pieces occur once in the packages", () => {
    const changed = changedFiles(`${WEB}packages`, TABLES);
    const all = [...changed.values()].join("\n");
    const notPlanted = TABLES.mutants.filter(({ name }) => !all.includes(`isOn("${name}")`));
    expect(notPlanted.every(({ absent }) => absent !== undefined)).toBe(true);
  });

  test("exempt few mutants, and name test files that exist", () => {
    expect(TABLES.mutants.filter(({ exempt }) => exempt !== undefined).length).toBeLessThanOrEqual(
      MOST_EXEMPT,
    );
    const tests = TABLES.mutants.flatMap((mutant) => mutant.test ?? []);
    expect(tests.filter((file) => !existsSync(WEB + file))).toEqual([]);
  });
});

describe("a piece of code", () => {
  const source =
    "class C { #m(x: number) { return x >= 1 && ok(x, 2); } }\nfunction f() { a(); // b\n a(); b(`c`); }";

  test("is found by its tokens, however the source is formatted", () => {
    const spread = source.replace("ok(x, 2)", "ok(\n x, // why\n\n 2,\n)");
    for (const each of [source, spread]) {
      const result = applied(each, "x >= 1 && «ok(x, 2)»", "false", "C.#m");
      expect(result).toContain('returnx>=1&&(isOn("M")?(false):(ok(');
    }
  });

  test("is a statement, an expression or a place for a statement", () => {
    expect(applied(source, "«b»(", "g")).toContain('(isOn("M")?(g):(b))(`c`);');
    expect(applied(source, "a(); «a();»", "")).toContain('{if(isOn("M")){}else{a();}}');
    expect(applied(source, "a(); «» a();", "return;")).toContain('a();//bif(isOn("M")){return;}a();');
    expect(applied("function f() { g({ a }); }", "g(«{ a }»)", "{}")).toContain('g((isOn("M")?({}):({a})))');
  });

  test.each([
    ["«c()»", "f", "the piece `«c()»` does not occur in f of a.ts"],
    ["a(); «a(c)»", "f", "line 3 begins like it, but has ) instead of c"],
    ["«a()»", "f", "the piece occurs 2 times in f of a.ts (lines 2, 3)"],
    ["«a()»", "g", "a.ts has no function g"],
    ["«ok»", "f", "does not occur in f"],
    ["«b»", "f", "the edit changes nothing", "b"],
  ])("that is missing or ambiguous is an error: %s in %s", (find, item, message, code = "") => {
    expect(() => applied(source, find, code, item)).toThrow(message);
    expect(() => applied(source, find, code, item)).toThrow("M (session/t.toml:3)");
  });

  test("may lie within that of another mutant, but not overlap it otherwise", () => {
    const text = "function f() { return a && b && c; }";
    const both = (one: string, other: string) => {
      const edits = [...editsOf(one, "0"), ...editsOf(other, "1")];
      return withSwitches(
        text,
        edits.map((edit) => place(edit, text)),
      ).replaceAll(/\s/g, "");
    };
    expect(both("«a && b» &&", "«a» &&")).toContain('(isOn("M")?(0):((isOn("M")?(1):(a))&&b))&&c');
    expect(both("«a» &&", "«a» &&")).toContain('(isOn("M")?(0):isOn("M")?(1):(a))');
    expect(() => both("«a && b» &&", "«b && c»")).toThrow("overlaps");
  });
});

describe("a table", () => {
  test.each([
    ['[[mutants]]\nname = "M"', "either edits or the member absent"],
    ['[[mutants]]\nname = "M"\nbreaks = 1', "t.toml:3"],
    ['[[mutants]]\nname = "M"\nwhy = "x"', "unknown member why"],
    ["[[mutant]]", "unknown table mutant"],
    ["[[mutants.edits]]\nfile = 'a'\nin = 'f'\nfind = '«a»'\nwith = ''", "belongs to no mutant"],
    ["[[mutants]]\nname = 'M'\n[[mutants.edits]]\nfile = 'a'\nin = 'f'\nfind = 'a'\nwith = ''", "« and »"],
    ["[[helpers]]\nfile = 'a'\ncode = '''\nb", "has no end"],
  ])("with another form is an error: %j", (table, message) => {
    expect(() => readTable("session", "t.toml", table)).toThrow(message);
  });
});
