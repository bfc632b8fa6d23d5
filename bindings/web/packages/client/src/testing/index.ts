/**
 * Clients, and an Edge in memory, for the tests of programs that use features. They need no network. This entry also has all names of
 * `fh-client`.
 *
 * @packageDocumentation
 */

export * from "../index.ts";
export { testClient, TestClient, type TestClientOptions } from "./client.ts";
export type { FeatureChange } from "./features.ts";
export { testEdge, TestEdge, type TestRequest } from "./edge.ts";
