// The engine for client-evaluated keys, which a page loads when it uses it. The export of `Client` lets bundlers keep the first part of a page in one file, because
// all parts then need the same files of it.
export { startEngine } from "../engine/start.ts";
export { Client } from "../client.ts";
