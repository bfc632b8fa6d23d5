import { parse } from "../../text/json.ts";
import { lowerCase } from "../../text/text.ts";
import { Decimal, Json, type Kind, type Value } from "../value.ts";

/** A value of the requested type, or the reason why there is none. The reason contains no part of the value. */
export type Converted = { readonly value: Value } | { readonly why: string };

/** Converts the override of a feature to the feature's type `kind`. */
export function convert(value: Value, kind: Kind): Converted {
  const text = String(value);
  switch (kind) {
    case "BOOLEAN": {
      if (typeof value === "boolean") return { value };
      if (value instanceof Decimal) return { why: "a number is not a boolean" };
      const word = lowerCase(text);
      if (word === "true" || word === "false") return { value: word === "true" };
      return { why: "the value is neither true nor false" };
    }
    case "NUMBER": {
      if (value instanceof Decimal) return { value };
      if (typeof value === "boolean") return { why: "a boolean is not a number" };
      const number = Decimal.parse(text);
      return number ? { value: number } : { why: "the value is not a number" };
    }
    case "JSON":
      if (parse(text) === undefined) return { why: "the value is not a JSON document" };
      return { value: value instanceof Json ? value : new Json(text) };
    case "STRING":
      return { value: text };
  }
}

/**
 * Converts the override of a missing feature, or of a feature of unknown type, to the type `kind`. Returns `undefined` if the
 * override cannot be converted. For example, the text `true` can be read as a boolean and as a string. Any text can be read as
 * JSON.
 */
export function lenient(value: Value, kind: Kind): Value | undefined {
  if (kind === "JSON") return value instanceof Json ? value : new Json(String(value));
  const converted = convert(value, kind);
  return "value" in converted ? converted.value : undefined;
}
