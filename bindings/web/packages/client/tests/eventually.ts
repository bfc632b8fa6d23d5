import { expect, vi } from "vitest";

/**
 * Waits until the check throws no more.
 *
 * @param limitMs - the limit in milliseconds. It is for tests that hang, so that a busy machine must not reach it, except where the time is what a
 * test judges
 */
export async function eventually(check: () => void | Promise<void>, limitMs = 30_000): Promise<void> {
  await vi.waitFor(check, { timeout: limitMs });
}

/** Waits until the value equals the expected one. */
export async function becomes(value: () => unknown, expected: unknown): Promise<void> {
  await eventually(() => {
    expect(value()).toEqual(expected);
  });
}
