// The storage of the last features, which a page loads once it has features. The comment of
// `first_part.ts` says why its parts are exported here, too.
export { StateKeeper } from "../state_keeper.ts";
export * from "../first_part.ts";
