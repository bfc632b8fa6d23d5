import { expect, test } from "vitest";
import type { Attributes } from "../../src/attributes.ts";
import { attributesOf } from "../../src/repository/lib.ts";
import { Contexts } from "../../src/engine/contexts.ts";
import type { EngineModule } from "../../src/engine/module.ts";

/** As many contexts as an instance keeps, and some more. */
const CONTEXTS = 400;

/** Counts the contexts of an instance that are not freed. */
function counting(): { module: EngineModule; live: Map<number, string> } {
  const live = new Map<number, string>();
  let next = 0;
  const module = {
    make_context: (text: string) => {
      live.set(++next, text);
      return next;
    },
    free_context: (handle: number) => {
      expect(live.delete(handle), "a context was freed twice").toBe(true);
    },
  };
  return { module: module as unknown as EngineModule, live };
}

function user(userkey: string): Attributes {
  return attributesOf([["userkey", userkey]]);
}

test("contexts that are evaluated in turn are bounded, and their handles are valid", () => {
  const { module, live } = counting();
  const contexts = new Contexts(module);
  const users = Array.from({ length: CONTEXTS }, (_, n) => user(`user ${n}`));
  const wrong: Attributes[] = [];
  for (let turn = 0; turn < 3; turn++) {
    for (const [n, attributes] of users.entries()) {
      const handle = contexts.handle(attributes);
      if (live.get(handle) !== `userkey\0user ${n}` || contexts.handle(attributes) !== handle)
        wrong.push(attributes);
    }
    expect(wrong).toEqual([]);
    expect(live.size).toBe(256);
  }
});

test("the texts of all contexts are bounded, apart from a single longer one", () => {
  const { module, live } = counting();
  const contexts = new Contexts(module);
  const held = (): number => [...live.values()].reduce((sum, { length }) => sum + length, 0);
  for (const length of [1, 300_000, 400_000, 250_000, 500_000, 1, 999_000, 3_000_000, 10, 20]) {
    const attributes = user("x".repeat(length));
    const handle = contexts.handle(attributes);
    expect(live.get(handle)).toHaveLength(length + 8);
    expect(held()).toBeLessThanOrEqual(Math.max(1_000_000, length + 8));
    expect(contexts.handle(attributes)).toBe(handle);
  }
  // The contexts behind the long one fit.
  expect(live.size).toBe(2);
});

test("a context has a handle of its own in each instance, also as a map of the program", () => {
  const [one, other] = [counting(), counting()];
  const [contexts, others] = [new Contexts(one.module), new Contexts(other.module)];
  const mara = user("mara");
  for (const attributes of [mara, new Map([["userkey", ["mara"]]]), mara]) {
    expect(one.live.get(contexts.handle(attributes))).toBe("userkey\0mara");
    expect(other.live.get(others.handle(attributes))).toBe("userkey\0mara");
  }
});

test("no context has the handle 0", () => {
  const { module, live } = counting();
  expect(new Contexts(module).handle(undefined)).toBe(0);
  expect(live.size).toBe(0);
});
