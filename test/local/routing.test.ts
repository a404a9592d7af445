/** Where a request goes, by its host, its path and the service it was signed for. */
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../local/routing.ts';

const route = (host: string, rawPath: string, service?: string) =>
  routeOf({
    method: 'GET',
    rawPath,
    rawQuery: '',
    headers: {
      host: [host],
      ...(service !== undefined && {
        authorization: [
          `AWS4-HMAC-SHA256 Credential=ASIA/20260101/eu-west-2/${service}/aws4_request, SignedHeaders=host`,
        ],
      }),
    },
  });

describe('a request', () => {
  it.each<readonly [string, string, string | undefined, unknown]>([
    ['localhost:4566', '/bucket/a%20key%2Fb', 's3', { service: 's3', path: '/bucket/a key/b' }],
    ['127.0.0.1:4566', '/', 'kms', { service: 'kms', path: '/' }],
    ['[::1]:4566', '/', 'states', { service: 'states', path: '/' }],
    ['my-bucket.localhost:4566', '/a/b', 's3', { service: 's3', path: '/my-bucket/a/b' }],
    ['dotted.bucket.localhost', '/', 's3', { service: 's3', path: '/dotted.bucket/' }],
    [
      'localhost:4566',
      '/lambda-url/tvt-agreements/x',
      'lambda',
      { service: 'lambda', path: '/lambda-url/tvt-agreements/x' },
    ],
    [
      'tvt-agreements.lambda-url.eu-west-2.localhost:4566',
      '/x',
      'lambda',
      { service: 'lambda', path: '/lambda-url/tvt-agreements/x' },
    ],
    // A bucket of this name would be S3's: the signature says so.
    ['localhost:4566', '/lambda-url/key', 's3', { service: 's3', path: '/lambda-url/key' }],
    ['localhost:4566', '/lambda-url/f/', undefined, { service: 'lambda', path: '/lambda-url/f/' }],
    [
      'localhost:4566',
      '/2015-03-31/functions',
      undefined,
      { service: 'lambda', path: '/2015-03-31/functions' },
    ],
    ['localhost:4566', '/schedules', 'scheduler', { service: 'scheduler', path: '/schedules' }],
    ['localhost:4566', '/', 'ec2', 'unknown-service'],
    ['localhost:4566', '/%zz', 's3', 'bad-path'],
    ['localhost.attacker.example', '/', 's3', 'foreign-host'],
    ['169.254.169.254', '/', 's3', 'foreign-host'],
    ['', '/', 's3', 'foreign-host'],
  ])('to %s%s signed for %s is sent on', (host, path, service, expected) => {
    expect(route(host, path, service)).toEqual(expected);
  });
});
