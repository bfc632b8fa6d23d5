/** The names that the examples of `fh-client/testing` use without a declaration. */
import type { TestClient, TestEdge } from "fh-client/testing";

import type { Flags } from "./common.ts";

export declare const client: TestClient<Flags>;
export declare const edge: TestEdge<Flags>;
