import type { EvaluationContext } from "@openfeature/core";
import type { AttributeItem, AttributeValue, ContextAttributes } from "fh-client";

const TARGETING_KEY = "targetingKey";
/** The attribute that OpenFeature's targeting key becomes, unless the context has a value for this attribute. */
const USER_KEY = "userkey";
/** The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out. */
const MAX_LEVELS = 8;
const MAX_WARNINGS = 20;

/** The names of the fields about which the log has a warning. */
const warned = new Set<string>();

/**
 * Returns the attributes of an evaluation context. The values in a structure become attributes with names such as `device.os`. A list in a
 * list, a structure in a list, and values of other types are left out; the log names the first 20 fields that have one.
 */
export function attributesOf(context: EvaluationContext): ContextAttributes {
  const attributes = new Map<string, AttributeValue>();
  addValues(attributes, "", context);
  const user = attributes.get(TARGETING_KEY);
  if (user !== undefined && !attributes.has(USER_KEY)) {
    attributes.delete(TARGETING_KEY);
    attributes.set(USER_KEY, user);
  }
  addStructures(attributes, "", context, 1);
  return Object.fromEntries(attributes);
}

type Attributes = Map<string, AttributeValue>;

function addValues(attributes: Attributes, prefix: string, fields: object): void {
  for (const [field, value] of Object.entries(fields) as [string, unknown][]) {
    const name = prefix + field;
    if (isStructure(value)) continue;
    const values = (Array.isArray(value) ? (value as unknown[]) : [value]).map((item) => single(name, item));
    const texts = values.filter((item) => item !== undefined);
    if (texts.length > 0 && !attributes.has(name))
      attributes.set(name, Array.isArray(value) ? texts : texts[0]);
  }
}

/** Adds the values of each structure first, and then those of the structures in it, both in the order of their names. */
function addStructures(attributes: Attributes, prefix: string, fields: object, level: number): void {
  const structures = Object.entries(fields).filter((entry): entry is [string, object] =>
    isStructure(entry[1]),
  );
  for (const [field, structure] of structures.sort(([one], [other]) => (one < other ? -1 : 1))) {
    const inner = `${prefix}${field}.`;
    if (level > MAX_LEVELS) {
      warn(`${prefix}${field}`, `it is inside of ${MAX_LEVELS} structures`);
      continue;
    }
    addValues(attributes, inner, structure);
    addStructures(attributes, inner, structure, level + 1);
  }
}

function isStructure(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function single(name: string, value: unknown): AttributeItem {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value) || isStructure(value)) warn(name, "a list can have only single values");
  else
    warn(
      name,
      `${value instanceof Date ? "a Date without a time" : typeof value} has no form as an attribute`,
    );
  return undefined;
}

function warn(name: string, why: string): void {
  if (warned.size >= MAX_WARNINGS || warned.has(name)) return;
  warned.add(name);
  console.warn(`fh-openfeature: the field ${name} of the evaluation context is left out: ${why}`);
}
