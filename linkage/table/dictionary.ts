/** A column's distinct values, numbered in the order they were first met; built from bytes without making strings. */

export interface Dictionary {
  readonly size: number;
  text(code: number): string;
  /** Whether every value is made of lower-case letters and digits alone, so that folding leaves it as it is. */
  readonly plain: boolean;
}

const START_SLOTS = 1024;

/** Open addressing over the bytes of the values; codes stay as they are when it grows. */
export class ByteDictionary implements Dictionary {
  size = 0;
  #bytes = new Uint8Array(1 << 14);
  #used = 0;
  #starts = new Uint32Array(START_SLOTS + 1);
  #hashes = new Int32Array(START_SLOTS);
  #slots = new Int32Array(START_SLOTS * 2).fill(-1);

  /** Code of the bytes from `from` to `to`, which it copies when they are new. `hash` must be a function of them. */
  code(source: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    const length = to - from;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const code = this.#slots[slot] as number;
      if (code < 0) return this.#add(source, from, to, hash, slot);
      if (this.#hashes[code] !== hash) continue;
      const start = this.#starts[code] as number;
      if ((this.#starts[code + 1] as number) - start !== length) continue;
      let k = 0;
      while (k < length && this.#bytes[start + k] === source[from + k]) k++;
      if (k === length) return code;
    }
  }

  text(code: number): string {
    const bytes = this.#bytes.subarray(this.#starts[code], this.#starts[code + 1]);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const text = buffer.toString('utf8');
    // Not UTF-8: the only other encoding met in practice.
    return text.includes('\ufffd') ? buffer.toString('latin1') : text;
  }

  get plain(): boolean {
    for (let at = 0; at < this.#used; at++) {
      const byte = this.#bytes[at] as number;
      if (!((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39))) return false;
    }
    return true;
  }

  #add(source: Uint8Array, from: number, to: number, hash: number, slot: number): number {
    const code = this.size++;
    const length = to - from;
    while (this.#used + length > this.#bytes.length) this.#bytes = grown(this.#bytes, Uint8Array);
    for (let k = 0; k < length; k++) this.#bytes[this.#used + k] = source[from + k] as number;
    this.#used += length;
    if (code + 2 > this.#starts.length) this.#starts = grown(this.#starts, Uint32Array);
    if (code + 1 > this.#hashes.length) this.#hashes = grown(this.#hashes, Int32Array);
    this.#starts[code + 1] = this.#used;
    this.#hashes[code] = hash;
    this.#slots[slot] = code;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let code = 0; code < this.size; code++) {
      let slot = spread(this.#hashes[code] as number) & mask;
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask;
      slots[slot] = code;
    }
    this.#slots = slots;
  }
}

const spread = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 4;

function grown<T extends Uint8Array | Uint32Array | Int32Array>(old: T, Kind: new (length: number) => T): T {
  const next = new Kind(old.length * 2);
  next.set(old);
  return next;
}

/** The same from strings. */
export class TextDictionary implements Dictionary {
  readonly plain = false;
  readonly #codes = new Map<string, number>();
  readonly #values: string[] = [];

  get size(): number {
    return this.#values.length;
  }

  code(value: string): number {
    let code = this.#codes.get(value);
    if (code === undefined) {
      code = this.#values.length;
      this.#codes.set(value, code);
      this.#values.push(value);
    }
    return code;
  }

  find(value: string): number {
    return this.#codes.get(value) ?? -1;
  }

  text(code: number): string {
    return this.#values[code] ?? '';
  }
}
