/**
 * Clients for the tests of programs that use features. They need no network.
 *
 * @packageDocumentation
 */

export { testClient, TestClient, type TestClientOptions } from "./client.ts";
export type { FeatureChange } from "./features.ts";
