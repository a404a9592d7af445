/** The one list of what may differ between two runs over the same deliveries: ids and times, and nothing else. */

/** Each with its reason; a difference that is not listed here is a difference. */
export const MAY_DIFFER: readonly (readonly [what: string, pattern: RegExp, instead: string])[] = [
  // Attempts are named by whoever starts them; a run taken up again keeps the id of its plan.
  ['name of a further attempt', /-again-\d+\b/g, ''],
  // `s<when the plan was made>-<of the run’s id>`.
  ['snapshot', /\bs\d{14}-[0-9a-f]{8}\b/g, '<snapshot>'],
  // `<when its address was issued>-<random>`.
  ['delivery', /\b\d{8}T\d{6}Z-[0-9a-f]{16}\b/g, '<delivery>'],
  ['instant', /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<instant>'],
  // Printed for people: `24 November 2026 at 03:10` or `24 November 2026, 03:10`.
  ['time of day', /\b\d\d:\d\d(?::\d\d)?\b/g, '<time>'],
  ['query', /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<query>'],
];

export const normaliseIds = (text: string): string =>
  MAY_DIFFER.reduce((told, [, pattern, instead]) => told.replaceAll(pattern, instead), text);

/** Acts that tell of attempts and not of what came of them: how many there were depends on where a run broke off. */
export const TELLS_OF_ATTEMPTS: Readonly<Record<string, 'left out' | 'counts left out'>> = {
  'release-failed': 'left out',
  // What a first attempt has deleted a second no longer finds.
  'versions-deleted': 'counts left out',
};
