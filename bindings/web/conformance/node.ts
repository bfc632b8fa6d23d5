/**
 * The adapter of fh-client for Node: commands from standard input, answers and events to standard output.
 *
 * @packageDocumentation
 */

import { run } from "adapter-loop";

import { OPERATIONS } from "./operations.ts";

run(OPERATIONS);
