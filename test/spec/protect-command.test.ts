/** `tvt protect`: what it prints and how it exits, and that a stranger's mistakes are named. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { protectCommand } from '../../cli/commands/protect.ts';
import { BadArguments } from '../../cli/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'tvt-protect-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

async function tvtProtect(input: unknown, ...flags: readonly string[]) {
  const file = join(folder, 'table.json');
  writeFileSync(file, typeof input === 'string' ? input : JSON.stringify(input));
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await protectCommand().parseAsync(['node', 'protect', file, ...flags]);
  const text = out.mock.calls.map(([chunk]) => String(chunk)).join('');
  return { text, exit: process.exitCode ?? 0 };
}

const dims = [
  { root: 'T', children: { T: ['a', 'b', 'c'] } },
  { root: 'U', children: { U: ['x', 'y', 'z'] } },
];
const rows = [
  [3, 20, 30],
  [20, 40, 50],
  [30, 50, 60],
];
const cells = rows.flatMap((row, at) =>
  row.map((value, place) => ({ cell: ['abc'[at] ?? '', 'xyz'[place] ?? ''], value })),
);

describe('tvt protect', () => {
  it('prints one JSON value: every cell and total with its status, and each gap with what could stand in it', async () => {
    const { text, exit } = await tvtProtect({ dims, cells }, '--json');
    const answer: unknown = JSON.parse(text);
    expect(exit).toBe(0);
    expect(Object.keys(answer as object)).toEqual(['cells', 'audit']);
    expect(answer).toMatchObject({
      cells: expect.arrayContaining([
        { cell: ['T', 'U'], value: 303, status: 'published' },
        { cell: ['a', 'x'], value: null, status: 'primary' },
        { cell: ['b', 'y'], value: null, status: 'secondary' },
      ]),
      audit: expect.arrayContaining([{ cell: ['a', 'x'], as: 'outsider', low: 0, high: 23 }]),
    });
  });
  it('exits 0 with --exact when the optimum is proved', async () => {
    expect((await tvtProtect({ dims, cells }, '--exact', '--json')).exit).toBe(0);
  });
  it('exits 4 where there is no time for the proof, and still prints a safe table', async () => {
    const { text, exit } = await tvtProtect({ dims, cells }, '--exact', '--seconds', '0.000001', '--json');
    expect(exit).toBe(4);
    expect(JSON.parse(text)).toHaveProperty('audit');
  });
  it('exits 3 where no safe table exists: a nought is always printed, so it cannot be taken for more', async () => {
    const nought = cells.map((cell, index) => (index === 0 ? { ...cell, value: 0 } : cell));
    const { text, exit } = await tvtProtect({ dims, cells: nought, primary: [['a', 'x']] }, '--json');
    expect(exit).toBe(3);
    expect(text).toContain('(a, x)');
  });
  it('shows people a table with [c] for each gap', async () => {
    expect((await tvtProtect({ dims, cells })).text).toMatch(/a, x +\[c\] +primary +0 to 23/);
  });
});

describe('a table that cannot be used (exit 2) is refused with the cell’s name', () => {
  const ax = { cell: ['a', 'x'], value: 1 };
  it.each([
    ['negative', { dims, cells: [{ ...ax, value: -1 }] }, '(a, x)'],
    ['doubled', { dims, cells: [ax, ax] }, '(a, x)'],
    ['unknown', { dims, cells: [{ cell: ['a', 'q'], value: 1 }] }, '(a, q)'],
    ['a total', { dims, cells: [{ cell: ['T', 'x'], value: 1 }] }, '(T, x)'],
    ['too short', { dims, cells: [{ cell: ['a'], value: 1 }] }, '(a)'],
    ['without a number', { dims, cells: [{ cell: ['a', 'x'], value: 'three' }] }, '(a, x)'],
    ['of a field nobody knows', { dims, cells: [{ ...ax, weight: 2 }] }, '(a, x)'],
    ['more than whole for a partner', { dims, cells: [{ ...ax, by: { police: 2 } }] }, '(a, x)'],
    ['negative for a partner', { dims, cells: [{ ...ax, by: { police: -1 } }] }, '(a, x)'],
    ['a partner called outsider', { dims, cells: [{ ...ax, by: { outsider: 1 } }] }, '(a, x)'],
    ['unknown and unsafe', { dims, cells: [ax], primary: [['a', 'nowhere']] }, '(a, nowhere)'],
    [
      'in a hierarchy with a code twice',
      { dims: [{ root: 'T', children: { T: ['a', 'a'] } }], cells: [] },
      'a',
    ],
    ['no JSON', '{"dims": ', 'JSON'],
  ])('a cell that is %s', async (_what, input, named) => {
    const refused = tvtProtect(input, '--json');
    await expect(refused).rejects.toThrow(BadArguments);
    await expect(refused).rejects.toThrow(named);
  });
  it('names no cell where the file is missing', async () => {
    await expect(protectCommand().parseAsync(['node', 'protect', join(folder, 'none.json')])).rejects.toThrow(
      BadArguments,
    );
  });
});
