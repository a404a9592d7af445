/** Wall-clock time in a named zone, and the moments it stands for, daylight saving included. */

export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a zone the time zone database does not know. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB-u-ca-iso8601', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formats.set(zone, format);
  return format;
}

export function wallTimeAt(zone: string, moment: Date): WallTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(moment)
      .map((part) => [part.type, Number(part.value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
  };
}

const asUtc = (wall: WallTime): number =>
  Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);

/** How far the zone's clock is ahead of UTC. */
function offsetAt(zone: string, moment: number): number {
  const wholeMinute = Math.floor(moment / 60_000) * 60_000;
  return asUtc(wallTimeAt(zone, new Date(wholeMinute))) - wholeMinute;
}

/**
 * The moment of a wall-clock time. Where clocks go forward over it there is none; where they go back over it, it is
 * the first of the two: AWS skips the one and runs the other once (EventBridge Scheduler user guide, "Daylight
 * savings time").
 */
export function momentOf(zone: string, wall: WallTime): Date | undefined {
  const guess = asUtc(wall);
  const offsets = [offsetAt(zone, guess - 86_400_000), offsetAt(zone, guess + 86_400_000)];
  const moments = offsets
    .map((offset) => ({ offset, moment: guess - offset }))
    .filter(({ offset, moment }) => offsetAt(zone, moment) === offset)
    .map(({ moment }) => moment);
  return moments.length === 0 ? undefined : new Date(Math.min(...moments));
}
