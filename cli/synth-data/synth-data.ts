/** What `tvt synth-data` and the demo call: makes a synthetic Thames Valley and says in words what it made. */
import { generateValley, type GeneratedValley } from './generate.ts';
import type { ValleyOptions } from './rows.ts';

export interface SynthDataOptions extends ValleyOptions {
  readonly out: string;
  /** Told one sentence at a time; silent where missing. */
  readonly log?: (sentence: string) => void;
}

export function synthData({ log = () => undefined, ...options }: SynthDataOptions): GeneratedValley {
  log(`Making a synthetic Thames Valley (seed ${options.seed}): invented people in real areas.`);
  const valley = generateValley(options);
  for (const { partner, feed, rows } of valley.files) {
    log(`${partner}: ${feed}, ${rows.toLocaleString('en-GB')} rows, ${valley.first} to ${valley.last}.`);
  }
  log(
    `${valley.people.toLocaleString('en-GB')} invented people; serious violence at its real volume, all else a sample.`,
  );
  return valley;
}
