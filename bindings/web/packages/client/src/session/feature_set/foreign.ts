import { asText, member } from "../../text/json.ts";
import { lowerCase } from "../../text/text.ts";
import type { Received } from "./received.ts";

/** Returns true if both texts are UUIDs, and they name different environments. */
export function namesAnother(environment: string, said: string): boolean {
  const [own, other] = [uuid(environment), uuid(said)];
  return own !== undefined && other !== undefined && own !== other;
}

/**
 * Returns the id of the environment that a feature names, if this id and `environment` are UUIDs and differ; otherwise `undefined`. An
 * Edge may send features of another environment by mistake, and so may a cache that does not distinguish API keys.
 */
export function otherEnvironment(environment: string, { parts = {} }: Received): string | undefined {
  const said = asText(member(parts, "environmentId"));
  return said !== undefined && namesAnother(environment, said) ? said : undefined;
}

const UUID = /^[\da-f]{1,8}(-[\da-f]{1,4}){3}-[\da-f]{1,12}$/;

/**
 * Returns a UUID in its shortest form. An Edge reads UUIDs in upper or lower case, and with or without leading zeros in their groups.
 * Returns `undefined` if the text is not a UUID.
 */
function uuid(text: string): string | undefined {
  const lower = lowerCase(text);
  return UUID.test(lower) ? lower.replace(/\b0+(?=[\da-f])/g, "") : undefined;
}
