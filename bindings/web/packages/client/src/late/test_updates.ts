// Test updates, which a page loads when it uses them. The comment of
// `first_part.ts` says why its parts are exported here, too.
export { sendUpdate } from "../test_updates/send.ts";
export * from "../first_part.ts";
