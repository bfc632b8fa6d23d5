import { Misuse } from "adapter-loop";
import type { JsonValue, Kind } from "./protocol.ts";

const KINDS: readonly string[] = ["BOOLEAN", "STRING", "NUMBER", "JSON"];

/** Returns the name of a getter, or throws an error if there is no such getter. */
export function checkedKind(kind: string): Kind {
  if (!KINDS.includes(kind)) throw new Misuse(`${JSON.stringify(kind)} is not the name of a getter`);
  return kind as Kind;
}

/**
 * Returns the value of a feature as the protocol tells it. A number that no double can hold is null; its text tells it. The protocol
 * has texts for documents.
 */
export function jsonOf(value: unknown): JsonValue {
  if (typeof value === "number" && !Number.isFinite(value)) return null;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value ?? null);
}

/** Returns the text of a default, as the member `text` of answers repeats it. */
export function textOf(value: JsonValue): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Returns a value, or the default of the read, as JSON and as text. The text of a number has all its digits. */
export function valueAnswer(
  kind: Kind,
  value: unknown,
  text: string | undefined,
  other: JsonValue,
): { value: JsonValue; text: string | null } {
  if (value === undefined) return { value: other ?? null, text: textOf(other) };
  if (kind === "JSON") return { value: text ?? null, text: text ?? null };
  return { value: jsonOf(value), text: text ?? textOf(value) };
}

/** Returns a version, given as its digits, so that it is written with all of them. */
export function versionOf(digits: string): number | bigint {
  const version = Number(digits);
  return Number.isSafeInteger(version) || !/^-?\d+$/.test(digits) ? version : BigInt(digits);
}

/** Returns the properties of a feature as an object. */
export function properties(list: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries(list);
}

/** Returns the text of what the client threw. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
