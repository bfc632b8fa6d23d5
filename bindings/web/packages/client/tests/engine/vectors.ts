import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { elements, members } from "../../src/json.ts";

/** The expected answer of a case in one profile. */
export interface Answer {
  readonly value: unknown;
  readonly strategy_id: string | null;
  readonly reason: string;
}

/** A case of the conformance data, after its matrix was expanded (`conformance/data/README.md`). */
export interface Case {
  readonly id: string;
  readonly payload: string;
  readonly feature: string;
  readonly type: string;
  readonly default: unknown;
  readonly context: ReadonlyMap<string, readonly string[]> | undefined;
  readonly clock: number;
  readonly expect: { readonly client?: Answer; readonly edge?: Answer };
}

type Row = Readonly<Record<string, unknown>>;

interface WrittenCase extends Row {
  readonly id: string;
}

interface File {
  readonly features?: unknown;
  readonly contexts?: Readonly<Record<string, Readonly<Record<string, string[]>>>>;
  readonly cases?: readonly WrittenCase[];
  readonly matrix?: readonly { readonly id: string; readonly rows: readonly Row[]; readonly case: Row }[];
}

const DATA = new URL("../../../../../../conformance/data/", import.meta.url);

/** The file of the drawn cases, which `cargo xtask web test` writes. */
export const DRAWN = process.env["FH_DRAWN_CASES"];

/** Any time will do for a case without a clock. */
const ANY_TIME = Date.UTC(2024, 5, 1);

/** Returns all evaluation cases, in the order of the files, and those that are drawn. */
export function cases(): Case[] {
  const folder = fileURLToPath(new URL("vectors/", DATA));
  const files = readdirSync(folder).map((name) => join(folder, name));
  return [...files.sort(), ...(DRAWN === undefined ? [] : [DRAWN])].flatMap((path) => {
    const file = parseExactly(readFileSync(path, "utf8")) as File;
    const expanded = (file.matrix ?? []).flatMap((matrix) =>
      matrix.rows.map((row) => fill({ ...matrix.case, id: matrix.id }, row) as WrittenCase),
    );
    return [...(file.cases ?? []), ...expanded].map((written) => read(written, file));
  });
}

/** The character before a number in a text that stands for this number. Nothing in the data uses it. */
const NUMBER = "\ufdd0";

/** Returns the value of a JSON text. A number that JavaScript writes differently becomes a text with the mark of numbers. */
function parseExactly(json: string): unknown {
  const list = elements(json);
  if (list !== undefined) return list.map(parseExactly);
  const object = members(json);
  if (object !== undefined) {
    return Object.fromEntries(object.map(([name, value]) => [name, parseExactly(value)]));
  }
  const value = JSON.parse(json) as unknown;
  return typeof value === "number" && String(value) !== json.trim() ? NUMBER + json.trim() : value;
}

/** Returns the JSON text of a value of {@link parseExactly}. */
function stringifyExactly(value: unknown): string {
  return JSON.stringify(value).replace(new RegExp(`"${NUMBER}([^"]*)"`, "g"), "$1");
}

function read(written: WrittenCase, file: File): Case {
  const payload = written["payload_text"] ?? stringifyExactly(written["features"] ?? file.features);
  const context = written["context"];
  const named = typeof context === "string" ? file.contexts?.[context] : context;
  const attributes = named as Readonly<Record<string, readonly string[]>> | null;
  // The values of answers are compared as JavaScript's numbers.
  const expect = JSON.parse(stringifyExactly(written["expect"])) as Answer & {
    readonly $profile?: Case["expect"];
  };
  const clock = written["clock"];
  return {
    id: written.id,
    payload: payload as string,
    feature: written["feature"] as string,
    type: written["type"] as string,
    default: written["default"],
    context: attributes === null ? undefined : new Map(Object.entries(attributes)),
    clock: typeof clock === "string" ? Date.parse(clock) : ANY_TIME,
    expect: expect.$profile ?? { client: expect, edge: expect },
  };
}

/** Replaces the names of a matrix by the values of a row. */
function fill(part: unknown, row: Row): unknown {
  if (typeof part === "string") {
    const whole = /^\$(\w+)$/.exec(part)?.[1];
    if (whole !== undefined && whole !== "profile") return row[whole];
    return part.replace(/\$\{(\w+)\}/g, (_, name: string) => row[name] as string);
  }
  if (Array.isArray(part)) return part.map((element) => fill(element, row));
  if (typeof part !== "object" || part === null) return part;
  const object = part as Row;
  if (typeof object["$if"] === "string") {
    return fill(object[row[object["$if"]] === true ? "then" : "else"], row);
  }
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, fill(value, row)]));
}
