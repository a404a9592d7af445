/** Where a target is known to answer otherwise than AWS, with the reason; the suite expects those cases to fail there. */

export type Differences = Readonly<Record<string, string>>;

/** MiniStack 1.5.33, tried in November 2026. In each of these AWS documents what the case says. */
export const MINISTACK: Differences = {
  'copies nothing onto itself without a change': 'takes the copy, where AWS answers InvalidRequest',
  'gives a whole-object checksum for parts when it is asked for':
    'gives the checksum of the checksums, whatever ChecksumType says',
  'refuses parts that are out of order': 'sorts them, where AWS answers InvalidPartOrder',
  'refuses a part below 5 MB that is not the last':
    'takes parts of any size, where AWS answers EntityTooSmall',
  'takes no x-amz- header beside those a presigned URL has signed':
    'takes unsigned x-amz- headers, where AWS answers AccessDenied with HeadersNotSigned',
};

/** The stand-in: a space in a listing of `encoding-type=url` is %20, where S3 writes `+`; every client decodes both. */
export const STAND_IN: Differences = {};
