import { elements, held, type Json as JsonValue, members, parse } from "../../text/json.ts";
import { wellFormed } from "../../text/text.ts";
import { type Bootstrap, BOOTSTRAP_FORMAT, type BootstrapFeature } from "../bootstrap.ts";
import { reasonNamed } from "../reason.ts";
import { isoText, parseIso } from "../timestamp.ts";
import { Decimal, Json, type Kind, KINDS, type Value } from "../value.ts";

/** A document that was read, or the reason why it was refused. */
export type ParsedBootstrap = { readonly bootstrap: Bootstrap } | { readonly why: string };

/** Returns the JSON of a document, as `docs/reference/bootstrap.md` describes it. */
export function writeBootstrap({ generation, time, context, features }: Bootstrap): string {
  const head = { format: BOOTSTRAP_FORMAT, generation, time: isoText(time), context: context ?? null };
  const list = features.map(({ key, kind, value, version, reason, variant }) => {
    const text = `"type":${JSON.stringify(kind ?? null)},"value":${writeValue(value)},"version":${version}`;
    return `{"key":${JSON.stringify(key)},${text},"reason":"${reason}","variant":${JSON.stringify(variant)}}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},"features":[${list.join(",")}]}`;
}

/**
 * Parses the JSON of a document. Unknown members are skipped. A document with another format, a member of another type, a member
 * that occurs twice or a missing member is refused.
 */
export function parseBootstrap(json: string): ParsedBootstrap {
  if (parse(json) === undefined) return { why: "the document is not JSON" };
  const read = fields(json, ["format", "generation", "time", "context", "features"]);
  const format = read?.get("format") ?? "";
  const [generation, time] = [read?.get("generation") ?? "", textOf(read?.get("time"))];
  const [context, features] = [read?.get("context") ?? "null", elements(read?.get("features") ?? "null")];
  if (!read || !/^\d+$/.test(format)) return { why: "the document has no format" };
  if (Number(format) !== BOOTSTRAP_FORMAT) {
    return { why: `unsupported format ${format}: this program reads format ${BOOTSTRAP_FORMAT}` };
  }
  const millis = time === undefined ? undefined : parseIso(time);
  const hash = textOf(context);
  const isHead = /^\d+$/.test(generation) && (context === "null" || hash !== undefined);
  if (!isHead || millis === undefined)
    return { why: "a member of the document is missing or has another type" };
  const list = features?.map(readFeature);
  if (!list?.every((feature) => feature !== undefined))
    return { why: "a feature of the document cannot be read" };
  const bootstrap = { generation: held(Number(generation)), time: millis, context: hash, features: list };
  return { bootstrap };
}

function readFeature(json: string): BootstrapFeature | undefined {
  const read = fields(json, ["key", "type", "value", "version", "reason", "variant"]);
  const [key, variant] = [textOf(read?.get("key")), textOf(read?.get("variant"))];
  const reason = reasonNamed(textOf(read?.get("reason")) ?? "");
  const [type, version] = [read?.get("type") ?? "null", read?.get("version") ?? ""];
  const kind = KINDS.find((each) => each === textOf(type));
  const token = read?.get("value") ?? "null";
  const value = token === "null" ? undefined : readValue(token, kind);
  const isValue = token === "null" || value !== undefined;
  const isTyped = (type === "null" || kind !== undefined) && /^(?:0|-?[1-9]\d*)$/.test(version);
  if (key === undefined || variant === undefined || reason === undefined || !isValue || !isTyped)
    return undefined;
  return { key, kind, value, version: held(Number(version)), reason, variant };
}

/** Returns the value of a token for a feature of the type `kind`; `undefined` for lists and objects. */
function readValue(token: string, kind: Kind | undefined): Value | undefined {
  const value = parse(token) as JsonValue;
  if (typeof value === "number") return Decimal.parse(token);
  if (typeof value !== "string") return typeof value === "boolean" ? value : undefined;
  const text = wellFormed(value);
  if (kind === "JSON") return new Json(text);
  return (kind === "NUMBER" ? Decimal.parse(text) : undefined) ?? text;
}

/**
 * Returns a value as a JSON token. A number that JSON's readers would round is written as a text with all its digits.
 */
function writeValue(value: Value | undefined): string {
  if (!(value instanceof Decimal))
    return JSON.stringify(value instanceof Json ? value.text : (value ?? null));
  const { number, text } = value;
  // `toFixed` writes all digits of an integer below 10²¹, and Rust's readers keep integers of 64 bits.
  const written =
    Math.abs(number) < 2 ** 63 && Number.isInteger(number) ? (number || 0).toFixed(0) : String(number);
  return Decimal.parse(written)?.equals(value) ? written : JSON.stringify(text);
}

/** Returns the texts of an object's members; `undefined` if it is no object, or if one of `names` occurs twice. */
function fields(json: string, names: readonly string[]): ReadonlyMap<string, string> | undefined {
  const known = members(json)?.filter(([name]) => names.includes(name));
  const read = new Map(known);
  return known && read.size === known.length ? read : undefined;
}

/** Returns the text of a token; `undefined` if it is missing, is no text, or has a lone surrogate. */
function textOf(token: string | undefined): string | undefined {
  const value = token === undefined ? undefined : parse(token);
  return typeof value === "string" && wellFormed(value) === value ? value : undefined;
}
