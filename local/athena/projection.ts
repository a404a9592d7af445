/** Partition projection: which folders a table has, worked out from its declaration and what the statement asks for. */
import type { Projection, Table } from './catalog.ts';
import { QueryFailure } from './failure.ts';

/** What a statement requires of a partition column: every condition must hold. */
export interface Condition {
  readonly column: string;
  readonly operator: '=' | '<' | '<=' | '>' | '>=' | 'in';
  readonly values: readonly string[];
}

export interface Partition {
  /** `s3://bucket/prefix/` */
  readonly location: string;
  /** Value by partition column. */
  readonly values: Readonly<Record<string, string>>;
}

/** All partitions the conditions leave, in order. */
export function projectPartitions(
  table: Table,
  conditions: readonly Condition[],
  now: Date,
): readonly Partition[] {
  let rows: readonly Readonly<Record<string, string>>[] = [{}];
  for (const { name, projection } of table.partitions) {
    const own = conditions.filter(({ column }) => column === name);
    const values = projectedValues(name, projection, own, now).filter((value) =>
      own.every((condition) => holds(condition, value)),
    );
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value })));
  }
  return rows.map((values) => ({ values, location: fill(table.location, values) }));
}

function projectedValues(
  name: string,
  projection: Projection,
  conditions: readonly Condition[],
  now: Date,
): readonly string[] {
  switch (projection.type) {
    case 'injected':
      return [injectedValue(name, conditions)];
    case 'enum':
      return projection.values;
    case 'date':
      return dates(projection, now);
  }
}

/** Athena's own refusal; `in`, ranges and joins are not static equality. */
function injectedValue(name: string, conditions: readonly Condition[]): string {
  const [first] = conditions;
  if (first === undefined || conditions.some(({ operator }) => operator !== '=')) {
    throw new QueryFailure(
      `CONSTRAINT_VIOLATION: For the injected projected partition column ${name}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
    );
  }
  return first.values[0] ?? '';
}

function holds({ operator, values }: Condition, value: string): boolean {
  const [bound = ''] = values;
  switch (operator) {
    case '=':
      return value === bound;
    case 'in':
      return values.includes(value);
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
  }
}

type DateProjection = Extract<Projection, { type: 'date' }>;

function dates(projection: DateProjection, now: Date): readonly string[] {
  const [from, to] = projection.range.map((bound) => moment(bound, now));
  const values: string[] = [];
  if (from === undefined || to === undefined) return values;
  const last = formatted(to, projection.format);
  for (let step = 0; ; step += projection.interval) {
    const value = formatted(shifted(from, step, projection.unit), projection.format);
    if (value > last) return values;
    values.push(value);
  }
}

/** `NOW`, `NOW-75MONTHS` or a written date. */
function moment(bound: string, now: Date): Date {
  const relative = /^NOW(?:([+-]\d+)(YEARS|MONTHS|DAYS))?$/.exec(bound.replaceAll(' ', ''));
  if (relative === null) {
    const [year = '1970', month = '01', day = '01'] = bound.split('-');
    return new Date(`${year}-${month}-${day}T00:00:00Z`);
  }
  const unit = relative[2];
  return shifted(now, Number(relative[1] ?? 0), unit === 'YEARS' || unit === 'MONTHS' ? unit : 'DAYS');
}

function shifted(date: Date, amount: number, unit: DateProjection['unit']): Date {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (unit === 'DAYS') return new Date(Date.UTC(year, month, day + amount));
  // Months are counted from the first, so that the 31st of one never skips the next.
  return new Date(
    Date.UTC(unit === 'YEARS' ? year + amount : year, unit === 'MONTHS' ? month + amount : month, 1),
  );
}

const formatted = (date: Date, format: DateProjection['format']): string =>
  date.toISOString().slice(0, format.length);

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => values[name] ?? whole);
}
