/** Reads all of contracts/: every partner and feed, checked on its own and against each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FeedId, PartnerId } from '../zones.ts';
import { parseFeedContract } from './feed.ts';
import {
  type Column,
  ContractError,
  type Contracts,
  type FeedContract,
  type PartnerFeed,
  type PartnerFile,
} from './model.ts';
import { parsePartnerFile } from './partner.ts';

/** `dir` holds `partners/` and `feeds/`. Throws ContractError at the first file that cannot be used. */
export function loadContracts(dir: string): Contracts {
  const feeds = new Map<FeedId, FeedContract>();
  for (const file of yamlFiles(join(dir, 'feeds'), '.odcs.yaml')) {
    const contract = parseFeedContract(readFileSync(file, 'utf8'), basename(file), { house: true });
    const major = contract.version.split('.')[0] ?? '';
    const expected = `${contract.id}.v${major}.odcs.yaml`;
    if (basename(file) !== expected) throw new ContractError(basename(file), [`must be called ${expected}`]);
    const other = feeds.get(contract.id);
    if (other === undefined || Number(other.version.split('.')[0]) < Number(major))
      feeds.set(contract.id, contract);
  }
  const partners = new Map<PartnerId, PartnerFile>();
  for (const file of yamlFiles(join(dir, 'partners'), '.yaml')) {
    const partner = parsePartnerFile(readFileSync(file, 'utf8'), basename(file));
    const problems = checkAgainst(partner, basename(file, '.yaml'), feeds);
    if (problems.length > 0) throw new ContractError(basename(file), problems);
    partners.set(partner.id, partner);
  }
  return { partners, feeds };
}

function yamlFiles(dir: string, ending: string): readonly string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(dir, name));
}

function checkAgainst(
  partner: PartnerFile,
  stem: string,
  feeds: ReadonlyMap<FeedId, FeedContract>,
): readonly string[] {
  const problems: string[] = [];
  if (partner.id !== stem) problems.push(`id must be ${stem}, as the file is called`);
  for (const share of partner.feeds) {
    const contract = feeds.get(share.feed);
    if (contract === undefined) {
      problems.push(`feeds: there is no contract for ${share.feed}`);
      continue;
    }
    const chosen = new Set(share.columns ?? contract.columns.map((column) => column.name));
    const known = new Set(contract.columns.map((column) => column.name));
    for (const name of chosen)
      if (!known.has(name)) problems.push(`${share.feed}: ${name} is not a column of the contract`);
    for (const column of contract.columns) {
      if (column.required && !chosen.has(column.name))
        problems.push(`${share.feed}: ${column.name} must be shared`);
    }
  }
  return problems;
}

/** The columns a partner sends for a feed, in the contract's order. */
export function chosenColumns(contract: FeedContract, share: PartnerFeed | undefined): readonly Column[] {
  const chosen = share?.columns;
  if (chosen === undefined || chosen === null) return contract.columns;
  const names = new Set(chosen);
  return contract.columns.filter((column) => names.has(column.name));
}

/** The row key, in the order the contract gives. */
export function keyColumns(contract: FeedContract): readonly Column[] {
  return contract.columns
    .filter((column) => column.keyPosition !== null)
    .toSorted((left, right) => (left.keyPosition ?? 0) - (right.keyPosition ?? 0));
}
