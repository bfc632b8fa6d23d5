// Overrides that a request carries, which a page loads when it uses them. The export of `Client` lets bundlers keep the first part of a page in one file, because
// all parts then need the same files of it.
export { overrideFromBaggage } from "../baggage_header.ts";
export { Client } from "../client.ts";
