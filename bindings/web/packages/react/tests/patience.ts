import { configure } from "@testing-library/react";

/** The limit in milliseconds of waits for an observation. It is for tests that hang. A busy machine must not reach it. */
export const PATIENCE = 30_000;

configure({ asyncUtilTimeout: PATIENCE });
