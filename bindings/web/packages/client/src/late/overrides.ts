// The overrides of testers, which a page loads if it has the option. The comment of `first_part.ts`
// says why its parts are exported here, too.
export { keepOverrides } from "../tester_overrides.ts";
export * from "../first_part.ts";
