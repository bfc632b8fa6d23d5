/**
 * The adapter of fh-client for a browser: commands from the runner's address, answers and events to it (transport `dial`).
 *
 * @packageDocumentation
 */

import { run } from "adapter-loop";

import { OPERATIONS } from "./operations.ts";

run(OPERATIONS);
