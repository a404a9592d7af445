/** Pages of a list: the token is the place to go on from, and good only for the list it was given for. */
import { invalidRequest } from './statement.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export function pageOf<Item>(
  list: string,
  items: readonly Item[],
  size: number,
  token: string | undefined,
): Page<Item> {
  const from = token === undefined ? 0 : readToken(list, token);
  const end = from + size;
  const next = end < items.length ? Buffer.from(`${end}@${list}`).toString('base64url') : null;
  return { items: items.slice(from, end), next };
}

function readToken(list: string, token: string): number {
  const [place = '', ...rest] = Buffer.from(token, 'base64url').toString('utf8').split('@');
  if (!/^\d{1,9}$/.test(place) || rest.join('@') !== list) throw invalidRequest('The token is malformed');
  return Number(place);
}
