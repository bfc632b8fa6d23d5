// The code for observers, which a page loads when it uses it. The comment of
// `first_part.ts` says why its parts are exported here, too.
export * from "../repository/usage/observers.ts";
export * from "../first_part.ts";
