import { isDeepStrictEqual } from "node:util";

type Schema = Readonly<Record<string, unknown>>;

/** Members that describe a schema, and check nothing by themselves. */
const IGNORED = new Set(["$schema", "$id", "$defs", "title", "description", "then"]);

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function hasType(value: unknown, type: string): boolean {
  return type === "integer" ? Number.isInteger(value) : typeOf(value) === type;
}

/**
 * Returns what a value has against a JSON Schema, with the places in the value. Knows the keywords of the schemas in `docs`.
 *
 * @throws an error for another keyword
 */
export function problems(value: unknown, schema: Schema, root: Schema = schema, at = ""): string[] {
  const inner = (part: unknown, given = value, place = at): string[] =>
    problems(given, part as Schema, root, place);
  const members = (typeOf(value) === "object" ? value : {}) as Readonly<Record<string, unknown>>;
  const checks: Readonly<Record<string, (given: never) => boolean | string[]>> = {
    $ref: (path: string) => inner((root["$defs"] as Schema)[path.replace("#/$defs/", "")]),
    type: (types: string | string[]) => [types].flat().some((type) => hasType(value, type)),
    const: (expected: unknown) => isDeepStrictEqual(value, expected),
    enum: (expected: unknown[]) => expected.includes(value),
    required: (names: string[]) => names.every((name) => Object.hasOwn(members, name)),
    properties: (parts: Schema) =>
      Object.entries(members).flatMap(([name, member]) =>
        Object.hasOwn(parts, name) ? inner(parts[name], member, `${at}/${name}`) : [],
      ),
    items: (part: unknown) =>
      Array.isArray(value) ? value.flatMap((item, index) => inner(part, item, `${at}/${index}`)) : [],
    pattern: (pattern: string) => typeof value !== "string" || new RegExp(pattern, "u").test(value),
    minLength: (length: number) => typeof value !== "string" || value.length >= length,
    minimum: (least: number) => typeof value !== "number" || value >= least,
    anyOf: (parts: unknown[]) => parts.some((part) => inner(part).length === 0),
    allOf: (parts: unknown[]) => parts.flatMap((part) => inner(part)),
    if: (part: unknown) => (inner(part).length === 0 ? inner(schema["then"]) : []),
  };
  return Object.entries(schema).flatMap(([keyword, given]) => {
    if (IGNORED.has(keyword)) return [];
    const check = checks[keyword];
    if (!check) throw new Error(`the check of JSON Schemas does not know the keyword ${keyword}`);
    const result = check(given as never);
    return typeof result === "boolean"
      ? result
        ? []
        : [`${at}: ${keyword} ${JSON.stringify(given)}`]
      : result;
  });
}
