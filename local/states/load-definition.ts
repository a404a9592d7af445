/**
 * Loads a definition and refuses what the stand-in does not carry out: a field that were ignored would let a run
 * succeed here that means something else on AWS.
 */
import type { z } from 'zod';
import { machine, type Block, type Definition, type State } from './definition.ts';
import { checkExpressions } from './expression-check.ts';

/** @throws Error naming the state and the field that the stand-in does not implement, or that leads nowhere. */
export function parseDefinition(source: string, machineName: string): Definition {
  const parsed = machine.safeParse(JSON.parse(source));
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap(describe).map((fault) => `${machineName}: ${fault}`);
    throw new Error([...new Set(faults)].join('\n'));
  }
  const faults = faultsOfBlock(parsed.data, new Set());
  if (faults.length > 0) throw new Error(faults.map((fault) => `${machineName}: ${fault}`).join('\n'));
  return parsed.data;
}

function describe(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String);
  const index = at.lastIndexOf('States');
  const name = index === -1 ? undefined : at[index + 1];
  const place = name === undefined ? 'the definition' : `state '${name}'`;
  const field = name === undefined ? at : at.slice(index + 2);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${place}: field ${[...field, key].join('.')} is not implemented`);
  }
  return [`${place}: field ${field.join('.') || 'itself'}: ${issue.message}`];
}

/** What the schema cannot see: where states lead, the order of handlers, scopes, expressions. */
function faultsOfBlock(within: Block, outer: ReadonlySet<string>): string[] {
  const names = new Set(Object.keys(within.States));
  const own = new Set(Object.values(within.States).flatMap(variablesOf));
  const start = names.has(within.StartAt) ? [] : [`StartAt names no state: '${within.StartAt}'`];
  return [
    ...start,
    ...Object.entries(within.States).flatMap(([name, one]) =>
      [
        ...targetsOf(one).flatMap((target) =>
          names.has(target) ? [] : [`Next names no state: '${target}'`],
        ),
        ...faultsOfState(one),
        ...variablesOf(one)
          .filter((variable) => outer.has(variable))
          .map((variable) => `field Assign: '${variable}' is a variable of an outer scope`),
        ...checkExpressions(withoutInner(one)),
      ]
        .map((fault) => `state '${name}': ${fault}`)
        .concat(blocksOf(one).flatMap((inner) => faultsOfBlock(inner, new Set([...outer, ...own])))),
    ),
  ];
}

const blocksOf = (one: State): readonly Block[] =>
  one.Type === 'Map' ? [one.ItemProcessor] : one.Type === 'Parallel' ? one.Branches : [];

const withoutInner = (one: State): unknown => ({ ...one, ItemProcessor: undefined, Branches: undefined });

function targetsOf(one: State): string[] {
  const catches = 'Catch' in one ? one.Catch.map(({ Next }) => Next) : [];
  const choices = one.Type === 'Choice' ? one.Choices.map(({ Next }) => Next) : [];
  const next = 'Next' in one && one.Next !== undefined ? [one.Next] : [];
  return [...next, ...catches, ...choices, ...(one.Type === 'Choice' && one.Default ? [one.Default] : [])];
}

function variablesOf(one: State): string[] {
  const rules = 'Catch' in one ? one.Catch : one.Type === 'Choice' ? one.Choices : [];
  return [...('Assign' in one ? [one.Assign] : []), ...rules.map(({ Assign }) => Assign)].flatMap(
    (assigned) => Object.keys(assigned ?? {}),
  );
}

function faultsOfState(one: State): string[] {
  const faults: string[] = [];
  if (one.Type !== 'Choice' && one.Type !== 'Succeed' && one.Type !== 'Fail') {
    if ((one.Next === undefined) === (one.End === undefined)) faults.push('needs either Next or End');
  }
  if (one.Type === 'Wait' && (one.Seconds === undefined) === (one.Timestamp === undefined)) {
    faults.push('needs either Seconds or Timestamp');
  }
  if (
    one.Type === 'Task' &&
    one.HeartbeatSeconds !== undefined &&
    !one.Resource.endsWith('.waitForTaskToken')
  ) {
    faults.push('field HeartbeatSeconds: nothing sends heartbeats without a task token');
  }
  for (const handler of ['Retry', 'Catch'] as const) {
    const rules = handler in one && 'Retry' in one ? one[handler] : [];
    rules.forEach(({ ErrorEquals }, index) => {
      if (!ErrorEquals.includes('States.ALL')) return;
      if (ErrorEquals.length > 1) faults.push(`field ${handler}: States.ALL must stand alone`);
      if (index < rules.length - 1) faults.push(`field ${handler}: States.ALL must come last`);
    });
  }
  return faults;
}
