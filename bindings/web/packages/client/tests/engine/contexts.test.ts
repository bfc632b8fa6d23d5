import { afterEach, expect, test, vi } from "vitest";
import { Contexts } from "../../src/engine/contexts.ts";
import type { EngineModule } from "../../src/engine/module.ts";
import type { Attributes } from "../../src/attributes.ts";

/** As many contexts as an instance keeps, and some more. */
const CONTEXTS = 1500;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Counts the contexts of an instance that are not freed. */
function counting(): { module: EngineModule; live: Set<number> } {
  const live = new Set<number>();
  let next = 0;
  const module = {
    make_context: () => {
      live.add(++next);
      return next;
    },
    free_context: (handle: number) => {
      expect(live.delete(handle), "a context was freed twice").toBe(true);
    },
  };
  return { module: module as unknown as EngineModule, live };
}

test("contexts that are evaluated in turn are bounded, valid and registered once", () => {
  const register = vi.fn();
  vi.stubGlobal(
    "FinalizationRegistry",
    class {
      register = register;
    },
  );
  const { module, live } = counting();
  const contexts = new Contexts(module, () => true);
  const kept: Attributes[] = Array.from(
    { length: CONTEXTS },
    (_, n) => new Map([["userkey", [`user ${n}`]]]),
  );
  const wrong: Attributes[] = [];
  for (let turn = 0; turn < 3; turn++) {
    for (const attributes of kept) {
      const handle = contexts.handle(attributes);
      if (!live.has(handle) || contexts.handle(attributes) !== handle) wrong.push(attributes);
    }
    expect(wrong).toEqual([]);
    expect(live.size).toBe(1024);
  }
  expect(register).toHaveBeenCalledTimes(CONTEXTS);
});

test("the handle of an unreachable context is freed once, and not in an instance that was replaced", () => {
  let collect: (context: unknown) => void = () => undefined;
  const register = vi.fn();
  vi.stubGlobal(
    "FinalizationRegistry",
    class {
      register = register;
      constructor(callback: (context: unknown) => void) {
        collect = callback;
      }
    },
  );
  const { module, live } = counting();
  let isCurrent = true;
  const contexts = new Contexts(module, () => isCurrent);
  contexts.handle(new Map([["userkey", ["mara"]]]));
  contexts.handle(new Map([["userkey", ["noor"]]]));
  const [mara, noor] = register.mock.calls.map(([, context]) => context as unknown);
  collect(mara);
  collect(mara);
  expect(live.size).toBe(1);
  isCurrent = false;
  collect(noor);
  expect(live.size).toBe(1);
});
