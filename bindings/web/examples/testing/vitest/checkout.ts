import type { Client } from "fh-client";

/** The features of the program. */
export interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: "red" | "blue";
}

/** A part of a program that reads features: it returns the path of the checkout, with the colour of its button. */
export function checkoutPath(client: Client<Flags>, userkey: string): string {
  const user = client.context({ userkey });
  const page = user.isEnabled("NEW_CHECKOUT") ? "checkout" : "basket";
  return `/${page}?colour=${user.string("COLOUR", "red")}`;
}
