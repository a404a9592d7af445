import { describe, expect, it } from 'vitest';
import { parseCsv, type CsvColumns } from '../../linkage/table/csv.ts';

const text = ({ headers, rows, columns }: CsvColumns): (string | null)[][] => [
  [...headers],
  ...Array.from({ length: rows }, (_, row) =>
    columns.map(({ codes, dictionary }) => {
      const code = codes[row] ?? -1;
      return code < 0 ? null : dictionary.text(code);
    }),
  ),
];
const read = (csv: string): (string | null)[][] => text(parseCsv(Buffer.from(csv)));

describe('a CSV file', () => {
  it.each<[string, string, (string | null)[][]]>([
    [
      'plain',
      'a,b\n1,2\n3,4\n',
      [
        ['a', 'b'],
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      'without a last line end',
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'with Windows line ends',
      'a,b\r\n1,2\r\n3,\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
        ['3', null],
      ],
    ],
    [
      'with a byte order mark',
      '\ufeffa,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'with semicolons',
      'a;b\n1,5;2\n',
      [
        ['a', 'b'],
        ['1,5', '2'],
      ],
    ],
    [
      'with tabs',
      'a\tb\nx y\t2\n',
      [
        ['a', 'b'],
        ['x y', '2'],
      ],
    ],
    [
      'with quoted cells',
      'a,b\n"one, two","say ""hi"""\n"line\nbreak",2\n',
      [
        ['a', 'b'],
        ['one, two', 'say "hi"'],
        ['line\nbreak', '2'],
      ],
    ],
    [
      'with blanks around cells',
      'a , b\n  x , y z  \n',
      [
        ['a', 'b'],
        ['x', 'y z'],
      ],
    ],
    [
      'with empty cells and short rows',
      'a,b,c\n,2,\n"",x\n',
      [
        ['a', 'b', 'c'],
        [null, '2', null],
        [null, 'x', null],
      ],
    ],
    [
      'with empty lines',
      'a,b\n\n1,2\n\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['beyond ASCII', 'name\nŁucja\nZoë\nŁucja\n', [['name'], ['Łucja'], ['Zoë'], ['Łucja']]],
  ])('is read %s', (_, csv, expected) => {
    expect(read(csv)).toEqual(expected);
  });

  it('gives equal values equal codes, however many there are', () => {
    const values = Array.from({ length: 20_000 }, (_, index) => `value-${index * 7919}`);
    const { columns } = parseCsv(Buffer.from(`v\n${[...values, ...values].join('\n')}\n`));
    const [column] = columns;
    expect(column?.dictionary.size).toBe(values.length);
    expect(column?.codes.subarray(0, values.length)).toEqual(column?.codes.subarray(values.length));
  });

  it('is refused with the row number when a row has more cells than the header', () => {
    expect(() => read('a,b\n1,2\n1,2,3\n')).toThrow('row 2 has 3 cells, the header 2');
  });
});
