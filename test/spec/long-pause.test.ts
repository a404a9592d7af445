/** A platform that stood still for years: lifecycle has erased what was due, and the next run goes on from there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { childrenFile } from '../platform/people.ts';
import { feedStateOf, linkedRows, startPlatform, type Platform } from '../platform/platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
  await platform.upload(
    'oxon-uploader',
    { feed: 'social-care-children', kind: 'full' },
    { text: childrenFile() },
  );
  await platform.run('run-before-the-pause');
});
afterAll(() => platform.stop());

it('runs after lifecycle has erased every month it held, and holds nobody any more', async () => {
  const clock = platform.standIn.clock;
  const later = new Date(clock.now());
  later.setUTCFullYear(later.getUTCFullYear() + 7);
  await clock.moveTo(later);

  const run = await platform.run('run-after-the-pause');

  expect(run.outcome).toBe('done');
  expect((await feedStateOf(platform, 'oxfordshire-county-council', 'social-care-children')).months).toEqual(
    {},
  );
  expect(await linkedRows(platform, 'person_record', 'record_ref')).toEqual([]);
});
