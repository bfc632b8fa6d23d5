// Rulesets without a client, which a page loads when it uses them. The comment of
// `first_part.ts` says why its parts are exported here, too.
export { compilePayload } from "../ruleset_payload.ts";
export * from "../first_part.ts";
