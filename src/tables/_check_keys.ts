/** The most slots: with 12 bytes each some 100 MB. */
const MAX_SLOTS = 2 ** 23;
/** How full the slots may be. */
const FULL = 0.6;

/**
 * Finds texts that are there twice among millions, in memory that has an end: each is kept as 64 bits of a hash with the
 * number of its row. That two of five million different texts count as one happens once in a million such runs.
 */
export class KeyIndex {
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);
  /** The row of each slot, from 1; 0 for an empty one. */
  #rows = new Uint32Array(1024);
  #size = 0;

  /** Whether no further text is kept. */
  get isFull(): boolean {
    return this.#size >= MAX_SLOTS * FULL;
  }

  /** The row in which the text was before; otherwise it is kept with this row. */
  add(text: string, row: number): number | undefined {
    if (this.#size >= this.#rows.length * FULL && this.#rows.length < MAX_SLOTS) this.#grow();
    const [high, low] = hash(text);
    const slot = this.#slot(high, low);
    const before = this.#rows[slot] as number;
    if (before !== 0) return before;
    if (this.isFull) return undefined;
    this.#put(slot, high, low, row);
    return undefined;
  }

  #put(slot: number, high: number, low: number, row: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#rows[slot] = row;
    this.#size++;
  }

  /** The slot of a hash, or the empty one where it would go. */
  #slot(high: number, low: number): number {
    const mask = this.#rows.length - 1;
    for (let slot = low & mask;; slot = (slot + 1) & mask) {
      if (this.#rows[slot] === 0 || (this.#low[slot] === low && this.#high[slot] === high)) return slot;
    }
  }

  #grow(): void {
    const [high, low, rows] = [this.#high, this.#low, this.#rows];
    const slots = rows.length * 4;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#rows = new Uint32Array(slots);
    this.#size = 0;
    rows.forEach((row, i) => {
      if (row === 0) return;
      const [h, l] = [high[i] as number, low[i] as number];
      this.#put(this.#slot(h, l), h, l, row);
    });
  }
}

/** Two mixes of 32 bits each, started and multiplied differently. */
function hash(text: string): [high: number, low: number] {
  let a = 0x2545f491;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul((b << 13 | b >>> 19) + unit, 0x85ebca6b);
  }
  return [mixed(a ^ text.length), mixed(b + a)];
}

function mixed(value: number): number {
  let x = value;
  x = Math.imul(x ^ x >>> 16, 0x7feb352d);
  x = Math.imul(x ^ x >>> 15, 0x846ca68b);
  return (x ^ x >>> 16) >>> 0;
}
