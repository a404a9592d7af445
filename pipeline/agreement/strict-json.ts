/** Reads JSON that was signed: anything two readers could understand differently is refused instead of repaired. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type JsonFault =
  | 'not-utf8'
  | 'too-large'
  | 'too-deep'
  | 'not-json'
  | 'duplicate-key'
  | 'deceptive-character'
  | 'number-not-exact';

export type StrictJsonResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: JsonFault; readonly sentence: string };

/** A definition with two pages of SQL is some 20 kB; far above that, somebody is testing the parser. */
const MAX_JSON_BYTES = 1_000_000;
const MAX_JSON_DEPTH = 32;

/**
 * Characters a reader cannot see, or that turn the order of what is read around them: bidi controls (the
 * "Trojan Source" attack, CVE-2021-42574), zero-width characters, soft hyphen, tags, variation selectors, byte
 * order mark, and control characters other than tab and line feed.
 */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{e0000}-\u{e0fff}]/u;

export const hidesSomething = (text: string): boolean => HIDDEN.test(text);

class Refused extends Error {
  readonly code: JsonFault;
  constructor(code: JsonFault, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

/** Parses UTF-8 JSON bytes. Objects have no prototype, so that a key such as `__proto__` is a key like any other. */
export function parseStrictJson(bytes: Uint8Array): StrictJsonResult {
  try {
    return { ok: true, value: new Reader(decode(bytes)).document() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, code: error.code, sentence: error.message };
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > MAX_JSON_BYTES)
    throw new Refused('too-large', `The document is larger than ${MAX_JSON_BYTES} bytes.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused('not-utf8', 'The document is not valid UTF-8.');
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORDS: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Recursive descent over RFC 8259; the position is the only state. */
class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) throw this.fault();
    return value;
  }

  private value(depth: number): Json {
    if (depth > MAX_JSON_DEPTH)
      throw new Refused('too-deep', `The document is nested more than ${MAX_JSON_DEPTH} levels deep.`);
    this.space();
    const first = this.text[this.at];
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    if (first === '"') return this.string();
    for (const [word, meaning] of WORDS)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return meaning;
      }
    return this.number();
  }

  private object(depth: number): Json {
    const members: Record<string, Json> = Object.create(null) as Record<string, Json>;
    this.at += 1;
    this.space();
    if (this.take('}')) return members;
    for (;;) {
      this.space();
      const key = this.string();
      if (Object.hasOwn(members, key))
        throw new Refused('duplicate-key', 'A name is given twice in one object, so readers could disagree.');
      this.space();
      this.expect(':');
      members[key] = this.value(depth + 1);
      this.space();
      if (this.take('}')) return members;
      this.expect(',');
    }
  }

  private array(depth: number): Json {
    const items: Json[] = [];
    this.at += 1;
    this.space();
    if (this.take(']')) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      if (this.take(']')) return items;
      this.expect(',');
    }
  }

  private string(): string {
    this.expect('"');
    let text = '';
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined || character < ' ') throw this.fault();
      this.at += 1;
      if (character === '"') break;
      text += character === '\\' ? this.escape() : character;
    }
    if (!text.isWellFormed()) throw new Refused('not-json', 'A text holds half of a surrogate pair.');
    if (hidesSomething(text))
      throw new Refused(
        'deceptive-character',
        'A text holds an invisible character or one that changes the direction of reading.',
      );
    return text;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? '';
    this.at += 1;
    if (letter === 'u') {
      const digits = this.text.slice(this.at, this.at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fault();
      this.at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meaning = ESCAPES[letter];
    if (meaning === undefined) throw this.fault();
    return meaning;
  }

  /** I-JSON (RFC 7493): only numbers every reader holds exactly alike; anything larger belongs in a text. */
  private number(): number {
    NUMBER.lastIndex = this.at;
    const spelt = NUMBER.exec(this.text)?.[0];
    if (spelt === undefined) throw this.fault();
    this.at += spelt.length;
    const value = Number(spelt);
    const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (!exact) throw new Refused('number-not-exact', 'A number is too large to be read alike everywhere.');
    return value;
  }

  private space(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at += 1;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private expect(character: string): void {
    if (!this.take(character)) throw this.fault();
  }

  private fault(): Refused {
    return new Refused('not-json', `The document is not JSON at character ${this.at + 1}.`);
  }
}
