/**
 * The adapter of fh-client for Node: commands from standard input, answers and events to standard output.
 *
 * @packageDocumentation
 */

import { run } from "../../../conformance/adapters/templates/typescript/loop.ts";
import { OPERATIONS } from "./operations.ts";

run(OPERATIONS);
