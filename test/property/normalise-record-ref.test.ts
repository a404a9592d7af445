/** Our fast HMAC and node:crypto's agree on everything. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordRef } from '../../pipeline/normalise/record-ref.ts';
import { hmacSha256 } from '../../pipeline/normalise/sha256.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

it('writes the HMAC-SHA256 that node:crypto writes, whatever the key, the prefix and the message', () => {
  fc.assert(
    fc.property(bytes(100), bytes(150), bytes(300), (key, prefix, message) => {
      const digest = new Uint8Array(32);
      hmacSha256(key, prefix)(message, 0, message.length, digest);
      const expected = createHmac('sha256', key).update(prefix).update(message).digest('hex');
      expect(Buffer.from(digest).toString('hex')).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

it('names a row by 26 letters and digits that depend on secret, partner, feed and key', () => {
  const secret = Buffer.alloc(32, 1);
  const names = [
    recordRef(secret, 'a', 'b', 'c'),
    recordRef(secret, 'a', 'b', 'd'),
    recordRef(secret, 'a', 'x', 'c'),
    recordRef(secret, 'x', 'b', 'c'),
    recordRef(Buffer.alloc(32, 2), 'a', 'b', 'c'),
  ];
  expect(new Set(names).size).toBe(5);
  for (const name of names) expect(name).toMatch(/^[a-z2-7]{26}$/);
});
