import type { Attributes } from "../attributes.ts";
import type { Client } from "../client/client.ts";
import { contextHeader, contextSha } from "../session/lib.ts";
import type { FeatureEnvironmentCollection } from "./models.ts";

/**
 * Gives the features to a client that the published SDKs have stored in `localStorage` for the same requests.
 * Nothing is written. Entries of 1.x for a server-evaluated key are not read, because they do not say for which context they are.
 */
export function offerStoredFeatures(
  client: Client,
  host: string,
  keys: readonly string[],
  context: Attributes,
): void {
  const url = `${host}features?${keys.map((key) => `apiKey=${encodeURIComponent(key)}`).join("&")}`;
  const sha = client.keyKind === "client" ? "0" : base64Url(contextSha(contextHeader(context) ?? ""));
  const names = [`${url}&contextSha=${sha}`, ...(client.keyKind === "client" ? [url] : [])];
  for (const name of names) {
    for (const { id, features } of stored(name)) {
      client.offerFeatures("browser-store", id, JSON.stringify(features ?? []));
    }
  }
}

function stored(name: string): FeatureEnvironmentCollection[] {
  try {
    const text = globalThis.localStorage.getItem(name);
    const entry = JSON.parse(text ?? "{}") as { readonly e?: unknown };
    return Array.isArray(entry.e) ? (entry.e as FeatureEnvironmentCollection[]) : [];
  } catch {
    // A platform without a storage, or an entry that is no JSON.
    return [];
  }
}

/** Returns a digest in hexadecimal as the published SDKs write it. */
function base64Url(hexadecimal: string): string {
  if (hexadecimal === "0") return hexadecimal;
  const bytes = hexadecimal.match(/../g) ?? [];
  const text = btoa(String.fromCharCode(...bytes.map((byte) => parseInt(byte, 16))));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
