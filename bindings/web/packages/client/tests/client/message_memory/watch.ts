/** The memory of a program or of a page, in bytes, after a collection of garbage. */
export interface Watch {
  /** Returns the memory of JavaScript, with its buffers. */
  readonly used: () => number;
  /** Returns the memory of each engine, which never shrinks. */
  readonly engines: () => number[];
  /** Begins to count. */
  readonly begin: () => void;
  /**
   * Returns the memory of JavaScript that is in use now, that of the engines, and the largest sum of both since {@link Watch.begin}. It is
   * measured where much is in use.
   */
  readonly end: () => { held: number; peak: number; engine: number };
}

declare global {
  /** What {@link watchMemory} returned. */
  var watch: Watch;
}

/** Watches the memory. A page runs the text of this function before its own scripts, so it uses nothing of this file. Needs `gc`. */
export function watchMemory(): Watch {
  const memories: WebAssembly.Memory[] = [];
  const page = performance as { readonly memory?: { readonly usedJSHeapSize: number } };
  const used = (): number => {
    gc!();
    gc!();
    if (page.memory) return page.memory.usedJSHeapSize;
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external - sum();
  };
  const engines = (): number[] => memories.map(({ buffer }) => buffer.byteLength);
  const sum = (): number => engines().reduce((all, bytes) => all + bytes, 0);
  let [before, enginesBefore, peak, counts] = [0, 0, 0, false];
  const measure = (): number => {
    const held = counts ? used() - before : 0;
    peak = Math.max(peak, held + sum() - enginesBefore);
    return held;
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct: (made, [module, imports]: ConstructorParameters<typeof WebAssembly.Instance>) => {
      const { exports } = new made(module, imports);
      memories.push(exports["memory"] as WebAssembly.Memory);
      const watched: Record<string, unknown> = { ...exports };
      for (const name of ["compile", "results", "result_texts"]) {
        const call = exports[name] as (...given: number[]) => unknown;
        watched[name] = (...given: number[]) => {
          const result = call(...given);
          measure();
          return result;
        };
      }
      return { exports: watched };
    },
  });
  const { parse } = JSON;
  JSON.parse = (...given: Parameters<typeof parse>) => {
    const value: unknown = parse(...given);
    if (given[0].length > 1e6) measure();
    return value;
  };
  const begin = (): void => {
    [before, enginesBefore, peak] = [used(), sum(), 0];
    counts = true;
  };
  return (globalThis.watch = {
    used,
    engines,
    begin,
    end: () => ({ held: measure(), peak, engine: sum() - enginesBefore }),
  });
}
