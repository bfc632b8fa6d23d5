/**
 * Parts of the first part of a page. The entry and each file of the folder `late` export them from here, so that all parts need the same files,
 * and bundlers keep the first part in one file.
 *
 * @packageDocumentation
 */

export { Client } from "./client.ts";
export { Refused } from "./refused.ts";
