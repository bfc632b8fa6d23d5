// The engine for client-evaluated keys, which a page loads when it uses it. The comment of
// `first_part.ts` says why its parts are exported here, too.
export { startEngine } from "../engine/start.ts";
export * from "./first_part.ts";
