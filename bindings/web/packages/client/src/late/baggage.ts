// Overrides that a request carries, which a page loads when it uses them. The comment of
// `first_part.ts` says why its parts are exported here, too.
export { overrideFromBaggage } from "../baggage_header.ts";
export * from "../first_part.ts";
