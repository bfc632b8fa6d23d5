import { configure, waitFor } from "@testing-library/react";
import { expect } from "vitest";

import type { FetchEdge, OpenStream } from "./fetch_edge.ts";

/** The limit in milliseconds of waits for an observation. It is for tests that hang. A busy machine must not reach it. */
export const PATIENCE = 30_000;

configure({ asyncUtilTimeout: PATIENCE });

/** Waits until so many streams were opened, and returns the last one. */
export async function opened(edge: FetchEdge, count = 1): Promise<OpenStream> {
  await waitFor(() => {
    expect(edge.streams).toHaveLength(count);
  });
  return edge.streams[count - 1]!;
}
