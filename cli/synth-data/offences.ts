/** Which offences happen in a year in the police area, how they are spread over areas, and who takes part. */
import type { Season } from './calendar.ts';

/** Who takes part, and how often each role is known. */
export type Parties =
  'assault' | 'homicide' | 'robbery' | 'theft' | 'supply' | 'possession' | 'disorder' | 'exploitation';

/** A type of the published street file whose spread over areas an offence follows. */
export type Spread =
  | 'Violence and sexual offences'
  | 'Robbery'
  | 'Possession of weapons'
  | 'Criminal damage and arson'
  | 'Burglary'
  | 'Public order'
  | 'Drugs'
  | 'Other theft'
  | 'Vehicle crime';

export interface OffenceKind {
  /** Home Office code. */
  readonly code: string;
  /** Occurrences a year in the whole police area as the valley makes them, at scale 1. */
  readonly yearly: number;
  readonly spread: Spread;
  readonly parties: Parties;
  readonly season: Season;
  readonly knife?: number;
  readonly firearm?: number;
  readonly domestic?: number;
  readonly countyLines?: number;
}

/**
 * Serious violence at its real volume: about 1,070 offences with a knife a year (published for the force area, 2024)
 * and about 1,500 of grievous harm.
 */
const SERIOUS: readonly OffenceKind[] = [
  {
    code: '1',
    yearly: 14,
    spread: 'Violence and sexual offences',
    parties: 'homicide',
    season: 'violence',
    knife: 0.4,
    domestic: 0.3,
  },
  {
    code: '2',
    yearly: 24,
    spread: 'Violence and sexual offences',
    parties: 'homicide',
    season: 'violence',
    knife: 0.6,
    domestic: 0.2,
  },
  {
    code: '5D',
    yearly: 1_480,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'violence',
    knife: 0.16,
    domestic: 0.28,
  },
  { code: '5E', yearly: 14, spread: 'Violence and sexual offences', parties: 'assault', season: 'violence' },
  {
    code: '8N',
    yearly: 260,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'violence',
    knife: 1,
    domestic: 0.2,
  },
  {
    code: '3B',
    yearly: 190,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'violence',
    knife: 1,
    domestic: 0.3,
  },
  { code: '34B', yearly: 280, spread: 'Robbery', parties: 'robbery', season: 'violence', knife: 1 },
  { code: '34A', yearly: 60, spread: 'Robbery', parties: 'robbery', season: 'level', knife: 1 },
  { code: '62A', yearly: 20, spread: 'Public order', parties: 'disorder', season: 'violence', knife: 1 },
  { code: '92A', yearly: 520, spread: 'Drugs', parties: 'supply', season: 'level', countyLines: 1 },
  { code: '106', yearly: 60, spread: 'Drugs', parties: 'exploitation', season: 'level', countyLines: 1 },
];

/**
 * Everything else is a sample: the real month has 18,188 crimes, of which the valley makes about one in thirty, violence
 * one in fifteen, thefts one in a hundred. It is there to be told apart from serious violence, not to be counted.
 */
const BACKGROUND: readonly OffenceKind[] = [
  {
    code: '8N',
    yearly: 1_250,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'violence',
    domestic: 0.33,
  },
  {
    code: '105A',
    yearly: 1_300,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'violence',
    domestic: 0.38,
  },
  {
    code: '8Q',
    yearly: 160,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'level',
    domestic: 0.6,
  },
  {
    code: '8L',
    yearly: 300,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'level',
    domestic: 0.35,
  },
  { code: '8S', yearly: 70, spread: 'Violence and sexual offences', parties: 'assault', season: 'level' },
  { code: '8P', yearly: 50, spread: 'Violence and sexual offences', parties: 'assault', season: 'violence' },
  {
    code: '3B',
    yearly: 130,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'violence',
    domestic: 0.4,
  },
  {
    code: '11A',
    yearly: 90,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'level',
    domestic: 0.8,
  },
  {
    code: '19C',
    yearly: 120,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'level',
    domestic: 0.3,
  },
  {
    code: '20A',
    yearly: 160,
    spread: 'Violence and sexual offences',
    parties: 'assault',
    season: 'level',
    domestic: 0.1,
  },
  { code: '34B', yearly: 190, spread: 'Robbery', parties: 'robbery', season: 'violence' },
  {
    code: '10D',
    yearly: 300,
    spread: 'Possession of weapons',
    parties: 'possession',
    season: 'level',
    knife: 1,
  },
  { code: '10C', yearly: 70, spread: 'Possession of weapons', parties: 'possession', season: 'level' },
  {
    code: '10B',
    yearly: 40,
    spread: 'Possession of weapons',
    parties: 'possession',
    season: 'level',
    firearm: 1,
  },
  {
    code: '10A',
    yearly: 20,
    spread: 'Possession of weapons',
    parties: 'assault',
    season: 'level',
    firearm: 1,
  },
  {
    code: '58A',
    yearly: 380,
    spread: 'Criminal damage and arson',
    parties: 'theft',
    season: 'violence',
    domestic: 0.15,
  },
  { code: '56A', yearly: 25, spread: 'Criminal damage and arson', parties: 'assault', season: 'level' },
  { code: '28E', yearly: 330, spread: 'Burglary', parties: 'theft', season: 'burglary' },
  { code: '9A', yearly: 420, spread: 'Public order', parties: 'disorder', season: 'violence' },
  { code: '92D', yearly: 380, spread: 'Drugs', parties: 'possession', season: 'level' },
  { code: '92A', yearly: 160, spread: 'Drugs', parties: 'supply', season: 'level' },
  { code: '49', yearly: 480, spread: 'Other theft', parties: 'theft', season: 'level' },
  { code: '45', yearly: 260, spread: 'Vehicle crime', parties: 'theft', season: 'burglary' },
];

export const OFFENCES: readonly OffenceKind[] = [...SERIOUS, ...BACKGROUND];

export interface RoleChances {
  /** Chance of each number of people, from none upward. */
  readonly victims: readonly number[];
  readonly suspects: readonly number[];
  readonly witnesses: readonly number[];
  readonly involved: readonly number[];
}

export const PARTIES: Readonly<Record<Parties, RoleChances>> = {
  assault: {
    victims: [0, 0.9, 0.1],
    suspects: [0.2, 0.64, 0.11, 0.05],
    witnesses: [0.82, 0.15, 0.03],
    involved: [0.96, 0.04],
  },
  homicide: {
    victims: [0, 1],
    suspects: [0.1, 0.55, 0.25, 0.1],
    witnesses: [0.4, 0.4, 0.2],
    involved: [0.8, 0.2],
  },
  robbery: {
    victims: [0, 0.9, 0.1],
    suspects: [0.42, 0.3, 0.2, 0.08],
    witnesses: [0.85, 0.15],
    involved: [1],
  },
  theft: {
    victims: [0.05, 0.95],
    suspects: [0.82, 0.16, 0.02],
    witnesses: [0.94, 0.06],
    involved: [0.98, 0.02],
  },
  supply: { victims: [1], suspects: [0, 0.55, 0.3, 0.15], witnesses: [0.95, 0.05], involved: [0.8, 0.2] },
  possession: { victims: [1], suspects: [0, 0.95, 0.05], witnesses: [0.92, 0.08], involved: [0.97, 0.03] },
  disorder: {
    victims: [0.5, 0.5],
    suspects: [0.3, 0.45, 0.15, 0.1],
    witnesses: [0.8, 0.2],
    involved: [0.93, 0.07],
  },
  exploitation: {
    victims: [0, 0.85, 0.15],
    suspects: [0.35, 0.5, 0.15],
    witnesses: [0.95, 0.05],
    involved: [0.8, 0.2],
  },
};
