import type { EvaluationContext } from "@openfeature/core";
import type { AttributeItem, AttributeValue, ContextAttributes } from "fh-client";

/** The attribute that OpenFeature's targeting key becomes, unless the context has a field of this name. */
const USER_KEY = "userkey";

/** The error that a field of an evaluation context cannot become an attribute. */
export class InvalidField extends Error {
  override readonly name = "InvalidField";
}

/**
 * Returns the attributes of an evaluation context.
 *
 * @throws {@link InvalidField} if a field is a structure, a `bigint` or a function, or a list of anything but single values
 */
export function attributesOf({ targetingKey, ...fields }: EvaluationContext): ContextAttributes {
  const entries = Object.entries(fields).map(([name, value]) => [name, attributeValue(name, value)] as const);
  if (targetingKey !== undefined && !Object.hasOwn(fields, USER_KEY)) entries.push([USER_KEY, targetingKey]);
  return Object.fromEntries(entries);
}

function attributeValue(name: string, value: unknown): AttributeValue {
  return Array.isArray(value) ? value.map((item) => single(name, item)) : single(name, value);
}

function single(name: string, value: unknown): AttributeItem {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  const type = typeof value === "object" ? "structure" : typeof value;
  throw new InvalidField(
    `the field ${name} is a ${type}; only texts, numbers, booleans, times and lists of them are supported`,
  );
}
