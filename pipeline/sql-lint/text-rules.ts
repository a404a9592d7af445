/** Rules that need only characters and tokens: they hold even for text that is no statement at all. */
import { finding, type Finding, type Rule } from './findings.ts';
import type { Token } from './tokens.ts';

const MAXIMUM_LINES = 100;
const MAXIMUM_WIDTH = 160;

export function judgeText(text: string, tokens: readonly Token[]): readonly Finding[] {
  return [...judgeCharacters(text), ...judgeLength(text), ...judgeHeader(tokens), ...judgeTokens(tokens)];
}

/** Bidirectional controls, look-alike letters and invisible spaces are all outside printable ASCII. */
function judgeCharacters(text: string): readonly Finding[] {
  return text.split('\n').flatMap((row, index) => {
    const column = row.search(/[^\x20-\x7e]/);
    if (column === -1) return [];
    const point = (row.codePointAt(column) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return [
      finding(
        { line: index + 1, column: column + 1 },
        'characters',
        `character U+${point} is not plain ASCII`,
      ),
    ];
  });
}

function judgeLength(text: string): readonly Finding[] {
  const rows = text.split('\n');
  const wide = rows.findIndex((row) => row.length > MAXIMUM_WIDTH);
  return [
    ...(rows.length > MAXIMUM_LINES + 1
      ? [finding({ line: MAXIMUM_LINES + 1, column: 1 }, 'length', `the text has ${rows.length} lines`)]
      : []),
    ...(wide === -1
      ? []
      : [finding({ line: wide + 1, column: MAXIMUM_WIDTH + 1 }, 'length', 'the line is too long to read')]),
  ];
}

function judgeHeader(tokens: readonly Token[]): readonly Finding[] {
  const [first, second] = tokens;
  const stated = [first, second].every(
    (token, index) => token?.kind === 'line-comment' && token.line === index + 1 && token.value.length >= 20,
  );
  return stated
    ? []
    : [finding({ line: 1, column: 1 }, 'header', 'the two header lines are missing or empty')];
}

/** Words refused wherever they stand, so that the message says why and not only that they are unknown. */
const REFUSED_WORDS: Readonly<Record<string, Rule>> = {
  current_date: 'clock',
  current_time: 'clock',
  current_timestamp: 'clock',
  localtime: 'clock',
  localtimestamp: 'clock',
  now: 'clock',
  today: 'clock',
  zone: 'time-zone',
  at_timezone: 'time-zone',
  with_timezone: 'time-zone',
  current_timezone: 'time-zone',
  from_unixtime: 'time-zone',
  rand: 'random',
  random: 'random',
  uuid: 'random',
  shuffle: 'random',
  tablesample: 'random',
};

function judgeTokens(tokens: readonly Token[]): readonly Finding[] {
  return tokens.flatMap((token) => {
    if (token.kind === 'quoted') return [finding(token, 'lower-case', 'a name in quotation marks')];
    if (token.kind === 'block-comment') return [finding(token, 'comment', 'a block comment')];
    if (token.kind === 'operator' && token.value === ';')
      return [finding(token, 'single-statement', 'a semicolon')];
    if (token.kind !== 'word') return [];
    const refused = Object.hasOwn(REFUSED_WORDS, token.value) ? REFUSED_WORDS[token.value] : undefined;
    return [
      ...(token.text === token.value
        ? []
        : [finding(token, 'lower-case', `\`${token.text}\` is not lower case`)]),
      ...(refused === undefined ? [] : [finding(token, refused, `\`${token.value}\` is not allowed`)]),
      ...(token.value.startsWith('approx_')
        ? [finding(token, 'approximate', `\`${token.value}\` is not exact`)]
        : []),
    ];
  });
}
