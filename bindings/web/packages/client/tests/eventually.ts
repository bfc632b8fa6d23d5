import { vi } from "vitest";

/** Waits until the check throws no more. The limit is for tests that hang. A busy machine must not reach it. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 30_000 });
}
