/** Seals the segments written since the last seal into the one chain; whoever keeps a head can prove a rewriting. */
import { readLink, sealLink, type Link, type Sealed } from '../pipeline/ledger/chain.ts';
import { keys } from '../pipeline/zones.ts';
import { bucket } from './environment.ts';
import { eachOf, getText, list, putText, RetryableError, sha256 } from './objects.ts';

/** Segments are sealed by the run after they are written; a week allows for runs that failed meanwhile. */
const LOOK_BACK_DAYS = 7;

export async function sealLedger(now: Date): Promise<number> {
  const ledger = bucket('ledger');
  const since = new Date(now.getTime() - LOOK_BACK_DAYS * 86_400_000).toISOString();
  const links = await recentLinks(ledger, since);
  const sealed = new Set(links.flatMap(({ document }) => document.segments));
  const written = await list(ledger, keys.ledger.segments);
  const recent = written.filter(({ key }) => (key.split('/')[1] ?? '') >= since.slice(0, 10));
  const digests = await eachOf(recent, async ({ key }) => sha256((await getText(ledger, key))?.value ?? ''));
  const open = digests.filter((digest) => !sealed.has(digest));
  if (open.length === 0) return 0;
  const link = sealLink({ previous: links.at(-1) ?? null, segmentDigests: open, at: now.toISOString() });
  const outcome = await putText(
    ledger,
    keys.ledger.link(link.document.sequence),
    Buffer.from(link.bytes).toString('utf8'),
    { ifNoneMatch: true },
  );
  if (outcome === 'lost') throw new RetryableError('another writer sealed the ledger first');
  return open.length;
}

/** The last link, and those before it back to `since`, oldest first. */
async function recentLinks(ledger: string, since: string): Promise<readonly Sealed<Link>[]> {
  const all = (await list(ledger, keys.ledger.chain)).map(({ key }) => key).sort();
  const found: Sealed<Link>[] = [];
  for (const key of all.reverse()) {
    const text = await getText(ledger, key);
    const link = text === null ? null : readLink(Buffer.from(text.value, 'utf8'));
    if (link === null) throw new Error('a link of the ledger cannot be read');
    found.unshift(link);
    if (link.document.at < since) break;
  }
  return found;
}
