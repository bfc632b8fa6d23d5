import { createHooks } from "fh-react";

/** The features of the page. A wrong key or a wrong type is a compile error. */
export interface Flags {
  readonly GREETING: string;
  readonly DISCOUNT: number;
  readonly STOCK_SHOWN: boolean;
}

export const { Feature, useClient, useNumber, useString } = createHooks<Flags>();

/** The users of the page, and their attributes. */
export const USERS = {
  mara: { userkey: "mara", country: "new_zealand" },
  fred: { userkey: "fred", country: "united_kingdom" },
} as const;

export type User = keyof typeof USERS;

/** Returns the user that the query of a URL names. */
export function userOf(search: string): User {
  return new URLSearchParams(search).get("user") === "fred" ? "fred" : "mara";
}
