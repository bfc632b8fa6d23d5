// The code for observers, which a page loads when it uses it. The export of `Client` lets bundlers keep the first part of a page in one file, because
// all parts then need the same files of it.
export * from "../repository/usage/observers.ts";
export { Client } from "../client.ts";
