/** A function of a WebAssembly module. */
export interface WasmFunction {
  readonly name: string;
  /** The size of its code in bytes. */
  readonly size: number;
}

/** The numbers of the sections of a module that hold imports, code, and by name further data. */
const [CUSTOM, IMPORT, CODE] = [0, 2, 10];
/** The number of the part of the section `name` that holds the names of functions. */
const FUNCTION_NAMES = 1;
/** The kinds of imports. */
const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];

/** Reads the numbers and the texts of a module. */
class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  /** Reads a number in the form LEB128. */
  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }

  /** Reads the minimum and the maximum of a table or a memory. */
  limits(): void {
    const hasMaximum = this.byte() & 1;
    this.number();
    if (hasMaximum === 1) this.number();
  }
}

/** Returns the largest functions of a module, the largest first. */
export function largestFunctions(module: Uint8Array, count: number): WasmFunction[] {
  const reader = new Reader(module, 8);
  let imported = 0;
  const sizes: number[] = [];
  const names = new Map<number, string>();
  while (!reader.isAtEnd) {
    const section = reader.byte();
    const end = reader.number() + reader.at;
    if (section === IMPORT) imported = importedFunctions(reader);
    if (section === CODE)
      for (let left = reader.number(); left > 0; left--) {
        const size = reader.number();
        sizes.push(size);
        reader.at += size;
      }
    if (section === CUSTOM && reader.text() === "name") readNames(reader, end, names);
    reader.at = end;
  }
  const functions = sizes.map((size, at) => ({ size, name: names.get(imported + at) ?? `function ${at}` }));
  return functions.sort((a, b) => b.size - a.size).slice(0, count);
}

function importedFunctions(reader: Reader): number {
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === FUNCTION) functions++;
    if (kind === FUNCTION) reader.number();
    if (kind === TABLE || kind === GLOBAL) reader.byte();
    if (kind === TABLE || kind === MEMORY) reader.limits();
    if (kind === GLOBAL) reader.byte();
  }
  return functions;
}

function readNames(reader: Reader, end: number, names: Map<number, string>): void {
  while (reader.at < end) {
    const part = reader.byte();
    const next = reader.number() + reader.at;
    if (part === FUNCTION_NAMES)
      for (let left = reader.number(); left > 0; left--) names.set(reader.number(), reader.text());
    reader.at = next;
  }
}
