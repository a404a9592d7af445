/** GetObjectTagging and PutObjectTagging. */
import { z } from 'zod';
import type { Reply } from '../service.ts';
import { existingTagKeys, objectArn, requestTagKeys } from './access.ts';
import { checkedTags } from './described.ts';
import { findVersion, lookUp } from './find-version.ts';
import { xmlReply } from './list-objects.ts';
import { versionHeaders } from './object-headers.ts';
import { receiveDocument } from './receive.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import { element, wrap } from './xml.ts';
import { parseXml } from './xml-body.ts';

export function getObjectTagging(request: S3Request, storage: Storage): Reply {
  const { bucket, key, query } = request;
  const wanted = { bucket, key, versionId: query.get('versionId') };
  const version = findVersion(storage, request.access, wanted, {
    current: 's3:GetObjectTagging',
    version: 's3:GetObjectVersionTagging',
  });
  const tags = Object.entries(version.content.described.tags).map(([name, value]) =>
    wrap('Tag', [element('Key', name), element('Value', value)]),
  );
  const reply = xmlReply('Tagging', [wrap('TagSet', tags)]);
  return { ...reply, headers: { ...reply.headers, ...versionHeaders(bucket, version) } };
}

const one = z.tuple([z.string()]).transform(([text]) => text);
const taggingSchema = z.strictObject({
  Tagging: z.tuple([
    z.strictObject({
      TagSet: z.tuple([
        z.union([
          z.literal('').transform(() => ({ Tag: [] })),
          z.strictObject({ Tag: z.array(z.strictObject({ Key: one, Value: one })) }),
        ]),
      ]),
    }),
  ]),
});

export async function putObjectTagging(request: S3Request, storage: Storage): Promise<Reply> {
  const { bucket, key, query, access } = request;
  const [{ TagSet }] = parseXml(await receiveDocument(request), taggingSchema).Tagging;
  const tags = checkedTags(TagSet[0].Tag.map((tag) => [tag.Key, tag.Value] as const));
  const wanted = { bucket, key, versionId: query.get('versionId') };
  const action = wanted.versionId === null ? 's3:PutObjectTagging' : 's3:PutObjectVersionTagging';
  access.require(action, objectArn(bucket, key), {
    ...requestTagKeys(tags),
    ...existingTagKeys(lookUp(storage, wanted)),
  });
  const version = findVersion(storage, access, wanted, { current: action, version: action });
  const { content } = version;
  storage
    .catalogue(bucket)
    .rewrite({ ...version, content: { ...content, described: { ...content.described, tags } } });
  return { status: 200, headers: versionHeaders(bucket, version) };
}
