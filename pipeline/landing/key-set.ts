/** Remembers which row keys were seen and on which line, in 12 bytes a key. */

/**
 * Keys are kept as 64-bit fingerprints: among 30 million different keys the odds that two share one are 1 in 40,000
 * (n²/2⁶⁵), and what would happen then is that a good file comes back. Open addressing, at most 3/4 full.
 */
export class KeySet {
  #high: Uint32Array;
  #low: Uint32Array;
  #line: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(capacity = 1 << 12) {
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#line = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** Remembers a key; answers the line it was first seen on, or 0 when it is new. */
  add(bytes: Uint8Array, start: number, end: number, line: number): number {
    let high = 0x811c9dc5;
    let low = 0x9747b28c;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      high = Math.imul(high ^ byte, 0x01000193);
      low = Math.imul(((low << 5) | (low >>> 27)) ^ byte, 0x9e3779b1);
    }
    high = mixed(high ^ (end - start));
    low = mixed(low ^ high);
    const seen = this.#place(high >>> 0, low >>> 0, line);
    if (this.#size * 4 > this.#mask * 3) this.#grow();
    return seen;
  }

  #place(high: number, low: number, line: number): number {
    let slot = low & this.#mask;
    for (;;) {
      const seen = this.#line[slot] ?? 0;
      if (seen === 0) break;
      if (this.#high[slot] === high && this.#low[slot] === low) return seen;
      slot = (slot + 1) & this.#mask;
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#line[slot] = line;
    this.#size++;
    return 0;
  }

  #grow(): void {
    const old = { high: this.#high, low: this.#low, line: this.#line };
    const capacity = (this.#mask + 1) * 2;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#line = new Uint32Array(capacity);
    this.#mask = capacity - 1;
    this.#size = 0;
    for (let slot = 0; slot < old.line.length; slot++) {
      const line = old.line[slot] ?? 0;
      if (line !== 0) this.#place(old.high[slot] ?? 0, old.low[slot] ?? 0, line);
    }
  }
}

/** Murmur3's finaliser: every bit of the input moves every bit of the result. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
