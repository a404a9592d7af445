/** The gate, from outside: nothing is released that not every partner agrees to at that moment; what is, goes to its recipients. */
import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decide, propose, publishRegister } from '../../cli/commands/agreement.ts';
import { query } from '../../cli/commands/query.ts';
import type { ReleaseOutcome } from '../../cli/commands/release.ts';
import type { TrailEvent } from '../../local/service.ts';
import { readRegister, registerBytes } from '../../pipeline/agreement/register.ts';
import { TOTAL } from '../../pipeline/release/table.ts';
import { keys } from '../../pipeline/zones.ts';
import { CHERWELL, offenceChanges, offences, offencesFile, OXFORD, READING } from '../platform/offences.ts';
import {
  jsonOf,
  keysUnder,
  REPORT_A,
  startPlatform,
  textOf,
  zoneOf,
  type Platform,
} from '../platform/platform.ts';

const APPROVERS = ['tvp-approver', 'oxon-approver', 'reading-approver', 'rbfrs-approver'] as const;
const RECIPIENTS = {
  tvp: 'thames-valley-police',
  oxon: 'oxfordshire-county-council',
  reading: 'reading-borough-council',
  rbfrs: 'royal-berkshire-fire-and-rescue',
} as const;
/** In a quarter that is complete and due on whatever day the tests run. */
const ON_DATE = new Date(Date.now() - 120 * 86_400_000).toISOString().slice(0, 10);
const OFFENCES = offences(ON_DATE);

let platform: Platform;
let whenServed: ((event: TrailEvent) => Promise<'go-on' | 'kill-caller'>) | null = null;
let releases = 0;
const releaseA = (): Promise<ReleaseOutcome> => platform.release(REPORT_A, `release-${++releases}`);
const agree = (approver: string): Promise<unknown> => decide(platform.as(approver), REPORT_A, 'agree', null);
const sentences = ({ outcome, reasons = [] }: ReleaseOutcome): readonly string[] => [
  outcome,
  ...reasons.map(({ sentence }) => sentence),
];
const packs = async (): Promise<readonly string[]> => {
  const found = await Promise.all(
    Object.entries(RECIPIENTS).map(([short, partner]) =>
      keysUnder(platform.as(`${short}-analyst`).s3, zoneOf('reports'), keys.reports.packs(partner)),
    ),
  );
  return found.flat();
};
/** What a thief with the rights of the agreements function could do to the stored bytes. */
const agreements = {
  read: (key: string) => textOf(platform.asFunction('agreements'), zoneOf('ledger'), key),
  write: (key: string, Body: string) =>
    platform
      .asFunction('agreements')
      .send(new PutObjectCommand({ Bucket: zoneOf('ledger'), Key: key, Body })),
};
/** What the gate says while a stored object holds other bytes. */
async function whileStored(key: string, body: string): Promise<readonly string[]> {
  const kept = await agreements.read(key);
  await agreements.write(key, body);
  try {
    return sentences(await releaseA());
  } finally {
    await agreements.write(key, kept);
  }
}
const digestInForce = async (): Promise<string> =>
  (
    await jsonOf<{ digest: string }>(
      platform.asFunction('agreements'),
      zoneOf('ledger'),
      keys.ledger.proposal(REPORT_A),
    )
  ).digest;

type CsvRow = Readonly<Record<string, string>>;
function csvRows(text: string): readonly CsvRow[] {
  const [header = '', ...lines] = text.trim().split('\r\n');
  // No name of a district or kind holds a comma or a quote.
  expect(text).not.toContain('"');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}
async function tableOf(short: keyof typeof RECIPIENTS, release: string): Promise<readonly CsvRow[]> {
  const key = keys.reports.pack(RECIPIENTS[short], REPORT_A, release, 'table.csv');
  return csvRows(await textOf(platform.as(`${short}-analyst`).s3, zoneOf('reports'), key));
}
/** Printed values of one district and kind, all quarters that are no total. */
const valuesOf = (rows: readonly CsvRow[], district: string, kind: string): readonly string[] =>
  rows
    .filter((row) => row.district_code === district && row.kind === kind && row.quarter_start !== TOTAL)
    .map(({ value }) => value ?? '');

beforeAll(async () => {
  platform = await startPlatform({
    services: ['s3', 'kms', 'athena', 'states', 'lambda'],
    afterCall: async (event) => (await whenServed?.(event)) ?? 'go-on',
  });
  await platform.upload(
    'tvp-uploader',
    { feed: 'police-involvements', kind: 'full' },
    { text: offencesFile(OFFENCES) },
  );
});
afterAll(() => platform.stop());

describe('the gate refuses a report', () => {
  it('that nobody has proposed, and one for which there are no data yet', async () => {
    expect(sentences(await releaseA())).toEqual([
      'refused',
      'No register of partners has been published yet.',
    ]);
    await publishRegister(platform.as('tvp-operator'));
    expect(sentences(await releaseA())).toEqual([
      'refused',
      'The report has not been proposed, so nobody can have agreed to it.',
    ]);
    await propose(platform.as('tvp-author'), REPORT_A);
    expect(sentences(await releaseA())).toContain('No snapshot of the linked tables has been published yet.');
    await platform.run('first');
  });

  it.each(APPROVERS.map((approver, index) => [index, approver] as const))(
    'while only %i of four have signed; then %s signs',
    async (_, approver) => {
      const outcome = sentences(await releaseA());
      expect(outcome[0]).toBe('refused');
      expect(outcome.filter((sentence) => sentence.endsWith('has not signed this definition.'))).toHaveLength(
        APPROVERS.length - APPROVERS.indexOf(approver),
      );
      await agree(approver);
    },
  );

  it('and leaves nothing on any recipient’s shelf', async () => {
    expect(await packs()).toEqual([]);
  });
});

describe('the gate releases a report that all have agreed to', () => {
  let outcome: ReleaseOutcome;
  beforeAll(async () => {
    outcome = await releaseA();
  });

  it('to each recipient’s shelf, page and table', async () => {
    expect(sentences(outcome)).toEqual(['released']);
    const expected = Object.values(RECIPIENTS).flatMap((partner) => [
      keys.reports.latest(partner, REPORT_A),
      keys.reports.pack(partner, REPORT_A, outcome.releaseId, 'index.html'),
      keys.reports.pack(partner, REPORT_A, outcome.releaseId, 'table.csv'),
    ]);
    expect([...(await packs())].sort()).toEqual(expected.sort());
  });

  it('with rounded counts, true zeros, [c] where few persons stand behind, and no row missing', async () => {
    const rows = await tableOf('oxon', outcome.releaseId);
    const knife = 'Knife-involved violence';
    expect(valuesOf(rows, OXFORD, knife).toSorted()).toEqual([...Array<string>(7).fill('0'), '15']);
    expect(valuesOf(rows, READING, knife).toSorted()).toEqual([...Array<string>(7).fill('0'), '[c]']);
    expect(valuesOf(rows, CHERWELL, knife)).toEqual(Array(8).fill('0'));
    const districts = new Set(rows.map((row) => row.district_code)).size - 1;
    const counts = rows.filter((row) => !Object.values(row).includes(TOTAL));
    expect([districts, counts.length, outcome.cells, outcome.withheld]).toEqual([
      13,
      13 * 3 * 8,
      13 * 3 * 8,
      1,
    ]);
  });

  it('with totals that are the sum of what is printed, and says so', async () => {
    const rows = await tableOf('oxon', outcome.releaseId);
    const counts = rows.filter((row) => !Object.values(row).includes(TOTAL));
    const totals = rows.filter((row) => Object.values(row).includes(TOTAL));
    expect(totals.length).toBeGreaterThan(0);
    for (const total of totals) {
      const under = counts.filter((row) =>
        ['district_code', 'kind', 'quarter_start', 'measure'].every(
          (column) => total[column] === TOTAL || total[column] === row[column],
        ),
      );
      const sum = under.reduce((all, { value }) => all + (value === '[c]' ? 0 : Number(value)), 0);
      // A printed 0 always means none: where all that is not 0 is withheld, so is the total.
      const unknown = sum === 0 && under.some(({ value }) => value === '[c]');
      expect([total, total.value]).toEqual([total, unknown ? '[c]' : String(sum)]);
    }
    const page = keys.reports.pack(RECIPIENTS.oxon, REPORT_A, outcome.releaseId, 'index.html');
    expect(await textOf(platform.as('oxon-analyst').s3, zoneOf('reports'), page)).toMatch(
      /total[^.]*sum of the printed/i,
    );
  });

  it('so that Athena answers an analyst what table.csv says, cell by cell', async () => {
    for (const short of ['oxon', 'rbfrs'] as const) {
      const answered = await query(
        platform.as(`${short}-analyst`),
        `select area_code, category, period, measure, value, symbol from released_cells
          where recipient = '${RECIPIENTS[short]}' and report = '${REPORT_A}' and release = '${outcome.releaseId}'`,
        `tvt-analysts-${short}`,
      );
      const printed = await tableOf(short, outcome.releaseId);
      const quarter = (start = ''): string =>
        start === TOTAL ? 'all' : `${start.slice(0, 4)}-Q${Math.ceil(Number(start.slice(5, 7)) / 3)}`;
      const all = (code = ''): string => (code === TOTAL ? 'all' : code);
      const line = (...parts: readonly (string | undefined)[]): string => parts.join(' | ');
      expect(
        answered
          .map((row) =>
            line(
              row.area_code,
              row.category,
              row.period,
              row.measure,
              row.symbol === '[c]' && row.value === '' ? '[c]' : String(Number(row.value)),
            ),
          )
          .sort(),
      ).toEqual(
        printed
          .map((row) =>
            line(all(row.district_code), all(row.kind), quarter(row.quarter_start), row.measure, row.value),
          )
          .sort(),
      );
    }
  });

  it('and gives nobody another’s copy', async () => {
    const other = keys.reports.pack(RECIPIENTS.tvp, REPORT_A, outcome.releaseId, 'table.csv');
    await expect(textOf(platform.as('oxon-analyst').s3, zoneOf('reports'), other)).rejects.toThrow(
      expect.objectContaining({ name: 'AccessDenied' }),
    );
  });
});

describe('the gate stops an agreed report', () => {
  let before: readonly string[];
  beforeAll(async () => {
    before = await packs();
  });
  const latest = async (): Promise<readonly string[]> => [...(await packs())];

  it('when one partner declines, with the partner’s reason, until it agrees again', async () => {
    await decide(platform.as('oxon-approver'), REPORT_A, 'decline', 'Too fine for small districts');
    const [outcome, ...reasons] = sentences(await releaseA());
    expect(outcome).toBe('refused');
    expect(reasons).toEqual([expect.stringMatching(/^Oxfordshire County Council declined on .*: Too fine/)]);
    await agree('oxon-approver');
  });

  it('when a partner withdraws between the query and the release', async () => {
    let revoked = false;
    whenServed = async ({ eventName, userArn, errorCode }) => {
      const started = eventName === 'StartQueryExecution' && userArn.includes('tvt-fn-start-report');
      if (revoked || !started || errorCode !== undefined) return 'go-on';
      revoked = true;
      await decide(platform.as('rbfrs-approver'), REPORT_A, 'revoke', 'Under review');
      return 'go-on';
    };
    const outcome = sentences(await releaseA());
    whenServed = null;
    expect(revoked).toBe(true);
    expect(outcome).toEqual([
      'refused',
      expect.stringMatching(/^Royal Berkshire Fire and Rescue Service withdrew its agreement on /),
    ]);
    await agree('rbfrs-approver');
  });

  it('when a stored signature is replaced by another partner’s', async () => {
    const digest = await digestInForce();
    const ledger = platform.asFunction('agreements');
    const of = async (partner: string): Promise<string> =>
      (await keysUnder(ledger, zoneOf('ledger'), `${keys.ledger.signatures(digest)}${partner}/`))[0] ?? '';
    const [own, other] = [await of(RECIPIENTS.reading), await of(RECIPIENTS.tvp)];
    expect(await whileStored(own, await agreements.read(other))).toEqual([
      'refused',
      'Reading Borough Council has not signed this definition.',
    ]);
  });

  it('when one character of a stored signature changes', async () => {
    const digest = await digestInForce();
    const ledger = platform.asFunction('agreements');
    const under = `${keys.ledger.signatures(digest)}${RECIPIENTS.reading}/`;
    const [own = ''] = await keysUnder(ledger, zoneOf('ledger'), under);
    const kept = await agreements.read(own);
    const sig = /"sig":"([^"]+)"/.exec(kept)?.[1] ?? '';
    const middle = Math.floor(sig.length / 2);
    const changed = `${sig.slice(0, middle)}${sig[middle] === 'A' ? 'B' : 'A'}${sig.slice(middle + 1)}`;
    const [outcome, ...reasons] = await whileStored(own, kept.replace(sig, changed));
    expect([outcome, reasons.length]).toEqual(['refused', 1]);
    expect(reasons[0]).toMatch(/signature/i);
  });

  it('when one character of the stored definition changes', async () => {
    const key = keys.ledger.definition(await digestInForce());
    const kept = await agreements.read(key);
    expect(await whileStored(key, kept.replace('"threshold":8', '"threshold":7'))).toEqual([
      'refused',
      'The stored definition is not the one its digest names; nothing is released from it.',
    ]);
  });

  it('when the pointer is moved to a definition nobody signed', async () => {
    const pointer = keys.ledger.proposal(REPORT_A);
    const bytes = await agreements.read(keys.ledger.definition(await digestInForce()));
    const looser = bytes.replace('"threshold":8', '"threshold":5');
    const digest = createHash('sha256').update(looser).digest('hex');
    await agreements.write(keys.ledger.definition(digest), looser);
    const said = await whileStored(pointer, JSON.stringify({ report: REPORT_A, digest }));
    expect(said[0]).toBe('refused');
    expect(said.filter((sentence) => sentence.endsWith('has not signed this definition.'))).toHaveLength(4);
  });

  it('when a partner’s approvers change', async () => {
    const current = await agreements.read(keys.ledger.registerCurrent);
    const { digest } = JSON.parse(current) as { digest: string };
    const read = readRegister(Buffer.from(await agreements.read(keys.ledger.register(digest))));
    if (!read.ok) throw new Error(read.sentence);
    const { document } = read.register;
    const next = registerBytes({
      ...document,
      version: document.version + 1,
      previous: digest,
      partners: document.partners.map((entry) => ({
        ...entry,
        approvers: [...entry.approvers, `${entry.approvers[0] ?? ''}-2`],
      })),
    });
    await agreements.write(keys.ledger.register(next.digest), Buffer.from(next.bytes).toString('utf8'));
    expect(await whileStored(keys.ledger.registerCurrent, JSON.stringify({ digest: next.digest }))).toContain(
      'A partner, an approver or a key has changed since the definition was proposed; all partners must agree again.',
    );
  });

  it('and none of these left anything on a shelf', async () => {
    expect(await latest()).toEqual(before);
  });
});

describe('after a person was withdrawn by the source', () => {
  it('the next release is computed without them', async () => {
    const gone = { ...OFFENCES[0], change: 'delete' };
    await platform.upload(
      'tvp-uploader',
      { feed: 'police-involvements', kind: 'changes' },
      { text: offenceChanges([gone]) },
    );
    await platform.run('withdrawn');
    const outcome = await releaseA();
    expect(sentences(outcome)).toEqual(['released']);
    const values = valuesOf(await tableOf('tvp', outcome.releaseId), OXFORD, 'Knife-involved violence');
    expect(values.toSorted()).toEqual([...Array<string>(7).fill('0'), '10']);
  });
});

describe('a release that breaks off while it is laid out', () => {
  it('and is refused when taken up again, stands in the ledger as a disclosure all the same', async () => {
    let revoked = false;
    whenServed = async ({ eventName, userArn, resources }) => {
      const laidOut = userArn.includes('tvt-fn-release-report') && (resources[0] ?? '').includes('/packs/');
      if (revoked || eventName !== 'PutObject' || !laidOut) return 'go-on';
      revoked = true;
      await decide(platform.as('oxon-approver'), REPORT_A, 'revoke', 'Under review');
      return 'kill-caller';
    };
    const outcome = await releaseA();
    whenServed = null;
    expect(sentences(outcome)).toEqual(['refused', expect.stringMatching(/withdrew its agreement/)]);
    const auditor = platform.as('tvp-auditor').s3;
    const segments = await Promise.all(
      (await keysUnder(auditor, zoneOf('ledger'), keys.ledger.segments)).map((key) =>
        textOf(auditor, zoneOf('ledger'), key),
      ),
    );
    const told = segments.filter((segment) => segment.includes(`"release":"${outcome.releaseId}"`)).join();
    expect(told).toContain('"act":"report-released"');
    expect(told).toContain('"act":"report-refused"');
    await agree('oxon-approver');
  });
});

/** Last, since the clock does not go back. */
describe('after the six-monthly review is missed', () => {
  it('the definition and every signature on it have expired', async () => {
    const { clock } = platform.standIn;
    await clock.moveTo(new Date(clock.now().getTime() + 200 * 86_400_000));
    const [outcome, ...reasons] = sentences(await releaseA());
    expect(outcome).toBe('refused');
    expect(reasons).toContainEqual(expect.stringMatching(/^The definition expired on /));
    expect(reasons.filter((sentence) => /^The agreement of .* expired on /.test(sentence))).toHaveLength(4);
  });
});
