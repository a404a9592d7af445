/** Cases about listings. */
import { strict as assert } from 'node:assert';
import {
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import type { S3Case, S3Trial } from './s3-suite.ts';

async function fill({ s3, bucket, key }: S3Trial, names: readonly string[]): Promise<void> {
  await Promise.all(
    names.map((name) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key(name), Body: name }))),
  );
}

export const listingCases: readonly S3Case[] = [
  {
    sentence: 'lists keys in the order of their bytes, page by page',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const names = [
        'b',
        'a/2',
        'a/10',
        'a',
        'A',
        'é',
        '~',
        '\u{1F600}',
        '\uFF01',
        'a b',
        'a+b',
        'a%b',
        'a<b',
        '0',
      ];
      await fill(trial, names);
      const pages = paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket: bucket, Prefix: key('') });
      const listed: string[] = [];
      for await (const page of pages) listed.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
      const inOrder = names.map(key).toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      assert.deepEqual(listed, inOrder);
    },
  },
  {
    sentence: 'gathers what lies under a delimiter into one prefix, across pages',
    async run(trial) {
      const { s3, bucket, key } = trial;
      await fill(trial, ['x/1', 'x/2', 'x/3', 'y', 'z/1', 'z/2']);
      const pages = paginateListObjectsV2(
        { client: s3, pageSize: 1 },
        { Bucket: bucket, Prefix: key(''), Delimiter: '/' },
      );
      const rows: string[] = [];
      for await (const page of pages) {
        rows.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ''));
        rows.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
        assert.ok((page.KeyCount ?? 0) <= 1);
      }
      assert.deepEqual(rows, [key('x/'), key('y'), key('z/')]);
    },
  },
  {
    sentence: 'begins a listing after the key it is told',
    async run(trial) {
      const { s3, bucket, key } = trial;
      await fill(trial, ['a', 'b', 'c']);
      const place = { Bucket: bucket, Prefix: key('') };
      const two = await s3.send(new ListObjectsV2Command({ ...place, StartAfter: key('a') }));
      assert.deepEqual(
        two.Contents?.map(({ Key }) => Key),
        [key('b'), key('c')],
      );
      const one = await s3.send(new ListObjectsCommand({ ...place, Marker: key('a'), MaxKeys: 1 }));
      assert.deepEqual(
        one.Contents?.map(({ Key }) => Key),
        [key('b')],
      );
      assert.equal(one.IsTruncated, true);
    },
  },
  {
    sentence: 'spells keys in URL encoding when asked',
    async run(trial) {
      const { s3, bucket, key } = trial;
      await fill(trial, ['a b/ü']);
      const listed = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: key(''), EncodingType: 'url' }),
      );
      const spelt = listed.Contents?.[0]?.Key ?? '';
      assert.equal(decodeURIComponent(spelt.replaceAll('+', ' ')), key('a b/ü'));
      assert.ok(!spelt.includes(' '));
    },
  },
];
