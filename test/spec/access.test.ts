/** Who can do what, tried over HTTP with stock clients: every role there is, at every place, against one table. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda';
import { GenerateMacCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../cli/commands/query.ts';
import { localPlatform, type LocalPrincipal } from '../../cli/connection.ts';
import { loadTemplates } from '../../local/templates.ts';
import { openDuck } from '../../pipeline/parquet.ts';
import { bucketNames, keys } from '../../pipeline/zones.ts';
import { REPORT_A, startPlatform, zoneOf, type Platform } from '../platform/platform.ts';
import { PERSONS, PLACES, PSEUDONYM_USERS, SYSTEM, VERBS, type Place, type Verb } from './access-table.ts';

const PARTNERS = {
  tvp: 'thames-valley-police',
  oxon: 'oxfordshire-county-council',
  reading: 'reading-borough-council',
  rbfrs: 'royal-berkshire-fire-and-rescue',
} as const;
const SHORTS = Object.keys(PARTNERS) as readonly (keyof typeof PARTNERS)[];

interface Actor {
  readonly role: string;
  readonly session: string;
  /** Null for what is the platform's own. */
  readonly partner: string | null;
  /** Key of the table. */
  readonly line: string;
}
/** Every role of the templates; one that the table does not know fails it. */
const actors: readonly Actor[] = loadTemplates({
  directory: process.env.TVT_TEMPLATES ?? 'cdk.out',
  endpoint: 'http://localhost:1',
})
  .byType('AWS::IAM::Role')
  .map(({ properties }) => String(properties['RoleName']))
  .map((role) => {
    const [, short = '', held = ''] = /^tvt-person-([a-z]+)-(.+)$/.exec(role) ?? [];
    const partner = SHORTS.find((candidate) => candidate === short);
    return partner === undefined
      ? { role, session: role, partner: null, line: role.slice('tvt-'.length) }
      : { role, session: `${short}-${held}`, partner: PARTNERS[partner], line: held };
  });
const persons = actors.filter(({ partner }) => partner !== null);

/** One place of one partner (or of none), with an object in it to be read. */
interface Spot {
  readonly place: Place;
  readonly partner: string | null;
  readonly bucket: string;
  readonly prefix: string;
  readonly key: string;
}
const SPOTS: readonly Spot[] = (Object.keys(PLACES) as readonly Place[]).flatMap((place) => {
  const { zone, prefix } = PLACES[place];
  const divided = 'own' in PLACES[place];
  return (divided ? Object.values(PARTNERS) : [null]).map((partner) => {
    const begins = typeof prefix === 'function' ? prefix(partner ?? '') : prefix;
    const bucket = zone === 'landing' ? bucketNames.landing(partner ?? '', '000000000000') : zoneOf(zone);
    return { place, partner, bucket, prefix: begins, key: keyIn(begins, 'probe') };
  });
});
function keyIn(prefix: string, name: string): string {
  return prefix.endsWith('/') ? `${prefix}${name}` : prefix;
}

/** Who leaves the object that the others then try to read: each of them a role that the table lets write there. */
const WRITERS: Readonly<Record<Place, string>> = {
  'landing deliveries': 'tvt-fn-issue-upload-url',
  'landing receipts': 'tvt-fn-receive-feed',
  'control lease': 'tvt-fn-plan-run',
  'control runs': 'tvt-fn-plan-run',
  'control releases': 'tvt-fn-start-report',
  'records staging': 'tvt-fn-receive-feed',
  'records state': 'tvt-fn-normalise-feed',
  'records months': 'tvt-fn-normalise-feed',
  'link-state pointer': 'tvt-fn-match-people',
  'link-state assignment': 'tvt-fn-match-people',
  'link-state other tables': 'tvt-fn-match-people',
  'linked months': 'tvt-fn-publish-snapshot',
  'linked reference': 'tvt-fn-publish-snapshot',
  'linked snapshots': 'tvt-fn-publish-snapshot',
  'results of the gate': 'tvt-fn-start-report',
  'results of analysts': 'analyst',
  'report packs': 'tvt-fn-release-report',
  'report cells': 'tvt-fn-release-report',
  'ledger segments': 'tvt-fn-agreements',
  'ledger agreements': 'tvt-fn-agreements',
  'ledger register': 'tvt-fn-agreements',
  'ledger chain': 'tvt-fn-finish-run',
};

let platform: Platform;
let people: readonly LocalPrincipal[];
const clients: { destroy(): void }[] = [];
const shared = (actor: Pick<Actor, 'role' | 'session'>) => ({
  region: 'eu-west-2',
  endpoint: platform.endpoint,
  credentials: platform.credentialsOf(actor.role, actor.session),
  maxAttempts: 1,
});
const opened = <T extends { destroy(): void }>(client: T): T => (clients.push(client), client);
const s3As = (actor: Pick<Actor, 'role' | 'session'>): S3Client =>
  opened(new S3Client({ ...shared(actor), forcePathStyle: true }));

beforeAll(async () => {
  platform = await startPlatform();
  people = localPlatform(platform.dataDir)?.principals ?? [];
  for (const spot of SPOTS) {
    const short = SHORTS.find((name) => PARTNERS[name] === spot.partner) ?? '';
    const role = WRITERS[spot.place] === 'analyst' ? `tvt-person-${short}-analyst` : WRITERS[spot.place];
    const s3 = s3As({ role, session: role.replace(/^tvt-person-/, '') });
    await s3.send(new PutObjectCommand({ Bucket: spot.bucket, Key: spot.key, Body: 'probe' }));
  }
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await platform.stop();
});

/** True where AWS would do it, false where it denies; any other answer is a fault of the test or the platform. */
async function isAllowed(attempt: () => Promise<unknown>, unlike: readonly string[] = []): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (/^AccessDenied(?:Exception)?$/.test(name)) return false;
    if (unlike.includes(name)) return true;
    throw error;
  }
}

function attempt(s3: S3Client, verb: Verb, { bucket, key, prefix }: Spot, role: string): Promise<boolean> {
  const at = { Bucket: bucket, Key: key };
  switch (verb) {
    case 'list':
      return isAllowed(() => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })));
    case 'read':
      return isAllowed(async () => (await s3.send(new GetObjectCommand(at))).Body?.transformToString());
    case 'write':
      return isAllowed(() =>
        s3.send(new PutObjectCommand({ Bucket: bucket, Key: keyIn(prefix, `by-${role}`), Body: 'probe' })),
      );
    case 'remove':
      // No such version: who may remove is not denied, and nothing is lost for the next one's attempt.
      return isAllowed(
        () => s3.send(new DeleteObjectCommand({ ...at, VersionId: 'A'.repeat(32) })),
        ['NoSuchVersion', 'InvalidArgument'],
      );
    case 'hide':
      return isAllowed(() => s3.send(new DeleteObjectCommand(at)));
  }
}

describe('the table of access', () => {
  it('knows every role there is, and no other', () => {
    const named = new Set(persons.map(({ line }) => line));
    expect([...named].sort()).toEqual(Object.keys(PERSONS).sort());
    const system = actors.filter(({ partner }) => partner === null).map(({ line }) => line);
    expect(system.sort()).toEqual(Object.keys(SYSTEM).sort());
    expect(people.map(({ principal }) => principal).sort()).toEqual(
      persons.map(({ session }) => session).sort(),
    );
  });

  it.each(actors)(
    'holds for $role, at every place of every zone',
    async ({ role, session, partner, line }) => {
      const s3 = s3As({ role, session });
      const lines = (partner === null ? SYSTEM : PERSONS)[line];
      if (lines === undefined) throw new Error(`The table has no line for ${line}.`);
      const expected = new Set<string>(lines);
      const wrong: string[] = [];
      for (const verb of VERBS)
        await Promise.all(
          SPOTS.map(async (spot) => {
            const may =
              expected.has(`${verb} every ${spot.place}`) ||
              (spot.partner === partner && partner !== null && expected.has(`${verb} own ${spot.place}`));
            const does = await attempt(s3, verb, spot, role);
            if (does !== may)
              wrong.push(`${does ? 'can' : 'cannot'} ${verb} ${spot.place} ${spot.partner ?? ''}`.trim());
          }),
        );
      expect(wrong).toEqual([]);
    },
  );

  it('lets nobody list a bucket as a whole but the auditor the ledger', async () => {
    const buckets = [...new Set(SPOTS.map(({ bucket }) => bucket))];
    const can: string[] = [];
    for (const actor of persons) {
      const s3 = s3As(actor);
      for (const Bucket of buckets)
        // The empty prefix is what `aws s3 ls` sends.
        if (await isAllowed(() => s3.send(new ListObjectsV2Command({ Bucket, Prefix: '' }))))
          can.push(`${actor.session} ${Bucket}`);
    }
    expect(can).toEqual([`tvp-auditor ${zoneOf('ledger')}`]);
  });
});

describe('keys', () => {
  const digest = new Uint8Array(32);
  it('sign for nobody but an approver, and only with the key of the approver’s own partner', async () => {
    const can: string[] = [];
    for (const actor of actors) {
      const kms = opened(new KMSClient(shared(actor)));
      for (const partner of Object.values(PARTNERS)) {
        const sign = new SignCommand({
          KeyId: `alias/tvt-signing-${partner}`,
          Message: digest,
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        });
        if (await isAllowed(() => kms.send(sign))) can.push(`${actor.role} as ${partner}`);
      }
    }
    expect(can.sort()).toEqual(
      SHORTS.map((short) => `tvt-person-${short}-approver as ${PARTNERS[short]}`).sort(),
    );
  });

  it('derive pseudonyms for the functions that write them, and for no person', async () => {
    const can: string[] = [];
    for (const actor of actors) {
      const kms = opened(new KMSClient(shared(actor)));
      const mac = new GenerateMacCommand({
        KeyId: 'alias/tvt-pseudonyms',
        Message: digest,
        MacAlgorithm: 'HMAC_SHA_256',
      });
      if (await isAllowed(() => kms.send(mac))) can.push(actor.line);
    }
    expect(can.sort()).toEqual([...PSEUDONYM_USERS].sort());
  });
});

describe('the platform’s doors', () => {
  it('open to uploaders and to those with a part in agreements, through the function’s address only', async () => {
    const opens: string[] = [];
    for (const { principal, role } of people) {
      for (const door of ['issue-upload-url', 'agreements']) {
        const reply = await platform
          .as(principal)
          .call(`tvt-${door}`, { action: 'status' })
          .catch((error: unknown) => ({ status: isDenial(error) ? 403 : 500 }));
        // An uploader's request is malformed (400), an agreement's status is answered: both were let in.
        if (reply.status !== 403) opens.push(`${role} ${door} ${String(reply.status)}`);
        const lambda = opened(new LambdaClient(shared({ role: roleOf(principal), session: principal })));
        const invoke = new InvokeCommand({ FunctionName: `tvt-${door}`, Payload: '{}' });
        if (await isAllowed(() => lambda.send(invoke))) opens.push(`${role} ${door} by its name`);
      }
    }
    expect([...new Set(opens)].sort()).toEqual([
      'analyst agreements 200',
      'approver agreements 200',
      'author agreements 200',
      'operator agreements 200',
      'uploader issue-upload-url 400',
    ]);
  });

  it('start a run or a release for the operator alone', async () => {
    const can: string[] = [];
    for (const { principal } of people)
      for (const machine of ['tvt-daily-run', 'tvt-release']) {
        const { sfn, account } = platform.as(principal);
        const start = new StartExecutionCommand({
          stateMachineArn: `arn:aws:states:eu-west-2:${account}:stateMachine:${machine}`,
          input: 'no JSON, so that nothing starts',
        });
        if (await isAllowed(() => sfn.send(start), ['InvalidExecutionInput']))
          can.push(`${principal} ${machine}`);
      }
    expect(can).toEqual(['tvp-operator tvt-daily-run', 'tvp-operator tvt-release']);
  });
});

const isDenial = (error: unknown): boolean => error instanceof Error && /^AccessDenied/.test(error.name);
const roleOf = (principal: string): string => `tvt-person-${principal}`;

describe('what has been released', () => {
  beforeAll(async () => {
    const path = join(platform.dataDir, 'cells.parquet');
    const duck = await openDuck({ memoryMb: 128, threads: 1, tempDir: platform.dataDir });
    await duck.copyToParquet(
      `select 'release-1' as release, date '2026-11-10' as released_on, 'E07000178' as area_code, 'Oxford' as area_name,
        'Knife crime' as category, '2026-Q3' as period, 'offences' as measure, 25.0::double as value, cast(null as varchar) as symbol`,
      path,
    );
    await duck.close();
    const releasing = platform.asFunction('release-report');
    for (const partner of Object.values(PARTNERS))
      await releasing.send(
        new PutObjectCommand({
          Bucket: zoneOf('reports'),
          Key: keys.reports.cells(partner, REPORT_A, 'release-1'),
          Body: await readFile(path),
        }),
      );
    releasing.destroy();
  });
  const cellsOf = (recipient: string): string =>
    `select area_name, value from released_cells where recipient = '${recipient}' and report = '${REPORT_A}'`;

  it.each(SHORTS)(
    'is answered by Athena to the analyst of %s for the own organisation alone',
    async (short) => {
      const analyst = platform.as(`${short}-analyst`);
      const group = `tvt-analysts-${short}`;
      expect(await query(analyst, cellsOf(PARTNERS[short]), group)).toEqual([
        { area_name: 'Oxford', value: '25.0' },
      ]);
      for (const other of SHORTS.filter((name) => name !== short)) {
        await expect(query(analyst, cellsOf(PARTNERS[other]), group)).rejects.toThrow(/denied/i);
        await expect(query(analyst, cellsOf(PARTNERS[short]), `tvt-analysts-${other}`)).rejects.toThrow(
          expect.objectContaining({ name: 'AccessDeniedException' }),
        );
      }
      await expect(query(analyst, cellsOf(PARTNERS[short]), 'tvt-gate')).rejects.toThrow(
        expect.objectContaining({ name: 'AccessDeniedException' }),
      );
    },
  );

  it('is no way into the linked tables, which the analyst’s Athena may not even look up', async () => {
    const sql = "select count(*) as n from tvt_linked.area where snapshot = 'any'";
    await expect(query(platform.as('oxon-analyst'), sql, 'tvt-analysts-oxon')).rejects.toThrow(
      /denied|not authori[sz]ed/i,
    );
  });

  it('is not queried by anybody who is no analyst', async () => {
    const can: string[] = [];
    for (const { principal, role } of people)
      for (const WorkGroup of ['tvt-gate', ...SHORTS.map((short) => `tvt-analysts-${short}`)]) {
        const start = new StartQueryExecutionCommand({ QueryString: 'select 1', WorkGroup });
        if (await isAllowed(() => platform.as(principal).athena.send(start)))
          can.push(`${role} ${WorkGroup}`);
      }
    expect(can.sort()).toEqual(SHORTS.map((short) => `analyst tvt-analysts-${short}`).sort());
  });
});
