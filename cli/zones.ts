/** Reading JSON and files of a zone as a principal. */
import { writeFile } from 'node:fs/promises';
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey } from '@aws-sdk/client-s3';
import type { Connection } from './connection.ts';
import { bucketNames, type Zone } from '../pipeline/zones.ts';

export const zoneBucket = (connection: Connection, zone: Exclude<Zone, 'landing'>): string =>
  bucketNames.zone(zone, connection.account);
export const landingBucket = (connection: Connection): string =>
  bucketNames.landing(connection.principal.partner, connection.account);

export async function readText(connection: Connection, bucket: string, key: string): Promise<string | null> {
  try {
    const reply = await connection.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await reply.Body?.transformToString('utf8')) ?? '';
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

export async function readJson<T>(connection: Connection, bucket: string, key: string): Promise<T | null> {
  const text = await readText(connection, bucket, key);
  return text === null ? null : (JSON.parse(text) as T);
}

export async function saveObject(
  connection: Connection,
  bucket: string,
  key: string,
  path: string,
): Promise<void> {
  const reply = await connection.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  await writeFile(path, (await reply.Body?.transformToByteArray()) ?? new Uint8Array());
}

export async function listKeys(
  connection: Connection,
  bucket: string,
  prefix: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const reply = await connection.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    found.push(...(reply.Contents ?? []).map(({ Key }) => Key ?? ''));
    token = reply.NextContinuationToken;
  } while (token !== undefined);
  return found;
}
