import type { Batch } from "./batch.ts";

/** The bits of a position in a batch. The bits above are the number of the batch. */
const POSITION_BITS = 27;
const POSITION = 2 ** POSITION_BITS - 1;
/** The place of a feature without a batch. Its batch would have the number 31, which none has. */
const NONE = 0xffffffff;

/** The compiled features of a ruleset: for each of them its batch and its position in it, in 4 bytes. There are at most 16 batches. */
export class Places {
  /** The batches by their numbers. A number that is free has none. */
  readonly #batches: (Batch | undefined)[];
  readonly #places: Uint32Array;

  private constructor(batches: (Batch | undefined)[], places: Uint32Array) {
    this.#batches = batches;
    this.#places = places;
  }

  /** Returns the places of this number of features that have no batch. */
  static empty(count: number): Places {
    return new Places([], new Uint32Array(count).fill(NONE));
  }

  /** Returns the places of the features of a batch. */
  static of(batch: Batch): Places {
    return Places.empty(batch.count).withBatch(batch);
  }

  /** Returns the places that features have here, given their present positions; `undefined` for a feature that is new. */
  moved(positions: readonly (number | undefined)[]): Places {
    const places = new Uint32Array(positions.length);
    // The numbers of the batches, as bits.
    let used = 0;
    for (let at = 0; at < places.length; at++) {
      const position = positions[at];
      const place = (position === undefined ? undefined : this.#places[position]) ?? NONE;
      used |= 1 << (place >>> POSITION_BITS);
      places[at] = place;
    }
    const batches = this.#batches.map((batch, number) => ((used >> number) & 1 ? batch : undefined));
    return new Places(batches, places);
  }

  /** Returns the places without those of the other batches. */
  only(batch: Batch | undefined): Places {
    const number = this.#batches.indexOf(batch);
    const places = this.#places.map((place) => (place >>> POSITION_BITS === number ? place : NONE));
    return new Places(
      this.#batches.map((each) => (each === batch ? each : undefined)),
      places,
    );
  }

  /** Returns the places with those of a batch, which has the features without a batch, in their order. */
  withBatch(batch: Batch): Places {
    const free = this.#batches.indexOf(undefined);
    const number = free < 0 ? this.#batches.length : free;
    const places = this.#places.slice();
    let next = number << POSITION_BITS;
    for (let at = 0; at < places.length; at++) if (places[at] === NONE) places[at] = next++;
    const batches = [...this.#batches];
    batches[number] = batch;
    return new Places(batches, places);
  }

  /** The batches. */
  get batches(): Batch[] {
    return this.#batches.filter((batch) => batch !== undefined);
  }

  /** Returns true if the feature has a batch. */
  has(position: number): boolean {
    return this.#places[position] !== NONE;
  }

  /** Returns the batch of a feature; `undefined` if it has none, or if there is no such feature. */
  batch(position: number): Batch | undefined {
    return this.#batches[(this.#places[position] ?? NONE) >>> POSITION_BITS];
  }

  /** Returns the position of a feature in its batch. */
  within(position: number): number {
    return (this.#places[position] ?? 0) & POSITION;
  }
}
