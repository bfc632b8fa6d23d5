// The start of the engine. The comment of `first_part.ts` says why its parts are exported here, too.
export { startEngine } from "../engine/start.ts";
export * from "../first_part.ts";
