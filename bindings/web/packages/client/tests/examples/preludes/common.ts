/** The names that the examples of `fh-client` use without a declaration. */
import type { Client, Context } from "fh-client";
import type { IncomingHttpHeaders } from "node:http";

/** The features of the examples. */
export interface Flags {
  NEW_CHECKOUT: boolean;
  COLOUR: "red" | "blue";
  LIMIT: number;
  PRICE: number;
  LIMITS: { perDay: number };
}

export declare const client: Client<Flags>;
export declare const mara: Context<Flags>;

export declare const url: string;
export declare const key: string;
export declare const apiKey: string;
export declare const signal: AbortSignal;
/** The request that a server answers. */
export declare const request: { readonly headers: IncomingHttpHeaders & { readonly baggage?: string } };

export declare function paint(colour: Flags["COLOUR"] | undefined): void;
export declare function showNewCheckout(): void;
export declare function askForAnotherKey(): void;
/** Calls a function with the visitor's answer. */
export declare function onConsent(call: (isGiven: boolean) => unknown): void;
