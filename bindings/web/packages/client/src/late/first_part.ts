/**
 * Parts of the first part of a page. Each file of this folder exports them, so that all parts need the same files, and bundlers keep the first
 * part in one file.
 *
 * @packageDocumentation
 */

export { Client } from "../client.ts";
export { Refused } from "../refused.ts";
