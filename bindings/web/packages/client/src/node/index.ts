/**
 * The client of FeatureHub for Node, with environment variables and files.
 *
 * @packageDocumentation
 */

export * from "../index.ts";
export { Client, environmentOverrides, type NodeClientOptions } from "./client.ts";
export { type SnapshotFile, snapshotFile } from "./snapshot_file.ts";
