/**
 * SHA-256. WebCrypto's digest is asynchronous and missing on pages without TLS, but a session needs digests at once.
 *
 * @packageDocumentation
 */

/** The first 32 bits of the fractions of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const CONSTANTS: number[] = [];
const START: number[] = [];

/** Fills the tables of constants. */
function prepare(): void {
  const fraction = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  for (let number = 2; CONSTANTS.length < 64; number++) {
    let factor = 2;
    while (number % factor !== 0) factor++;
    if (factor < number) continue;
    CONSTANTS.push(fraction(number ** (1 / 3)));
    if (START.length < 8) START.push(fraction(Math.sqrt(number)));
  }
}

/** Returns the SHA-256 of bytes in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  if (CONSTANTS.length === 0) prepare();
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  // The number of bits has 32 more bits before these. Nothing that is hashed has 512 MB.
  view.setUint32(padded.length - 4, bytes.length << 3);
  let state = [...START];
  const words = new Int32Array(64);
  const word = (at: number) => words[at] ?? 0;
  for (let block = 0; block < padded.length; block += 64) {
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let at = 0; at < 64; at++) {
      const [old, last] = [word(at - 15), word(at - 2)];
      words[at] =
        at < 16
          ? view.getInt32(block + at * 4)
          : word(at - 16) +
            (turn(old, 7) ^ turn(old, 18) ^ (old >>> 3)) +
            word(at - 7) +
            (turn(last, 17) ^ turn(last, 19) ^ (last >>> 10));
      const one =
        h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + (CONSTANTS[at] ?? 0) + word(at);
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    state = [a, b, c, d, e, f, g, h].map((part, at) => (part + (state[at] ?? 0)) | 0);
  }
  return state.map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Rotates 32 bits to the right. */
function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
