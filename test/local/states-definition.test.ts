import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../local/states/load-definition.ts';
import { machine, task } from './states-machine.ts';

const load = (definition: unknown) => () => parseDefinition(JSON.stringify(definition), 'm');
const done = { Type: 'Succeed' };
const pass = (more: Record<string, unknown>) => machine({ Say: { Type: 'Pass', End: true, ...more } });
const map = (more: Record<string, unknown>, inner: unknown = { Type: 'Pass', End: true }) =>
  machine({
    Each: { Type: 'Map', ItemProcessor: { StartAt: 'Do', States: { Do: inner } }, End: true, ...more },
  });

describe('a definition that asks for what is not implemented is refused before anything runs', () => {
  it.each<[string, unknown, string]>([
    ['JSONPath', { StartAt: 'A', States: { A: done } }, 'QueryLanguage'],
    ['JSONPath in one state', pass({ QueryLanguage: 'JSONPath' }), "state 'Say': field QueryLanguage"],
    ['InputPath', pass({ InputPath: '$' }), "state 'Say': field InputPath is not implemented"],
    ['Result', pass({ Result: 1 }), "state 'Say': field Result is not implemented"],
    ['an unknown state type', machine({ A: { Type: 'Sleep', End: true } }), "state 'A': field Type"],
    [
      'another service',
      machine({ A: task('f', { Resource: 'arn:aws:states:::sqs:sendMessage' }) }),
      "state 'A': field Resource",
    ],
    [
      'Credentials',
      machine({ A: task('f', { Credentials: {} }) }),
      "state 'A': field Credentials is not implemented",
    ],
    [
      'TimeoutSecondsPath',
      machine({ A: task('f', { TimeoutSecondsPath: '$.x' }) }),
      'field TimeoutSecondsPath',
    ],
    [
      'a parameter of invoke',
      machine({ A: task('f', { Arguments: { FunctionName: 'f', InvocationType: 'Event' } }) }),
      "state 'A': field Arguments",
    ],
    ['heartbeats without a token', machine({ A: task('f', { HeartbeatSeconds: 5 }) }), 'HeartbeatSeconds'],
    [
      'an unknown field of a retrier',
      machine({ A: task('f', { Retry: [{ ErrorEquals: ['x'], Max: 1 }] }) }),
      'Retry.0.Max',
    ],
    [
      'BackoffRate below one',
      machine({ A: task('f', { Retry: [{ ErrorEquals: ['x'], BackoffRate: 0.5 }] }) }),
      'Retry.0.BackoffRate',
    ],
    [
      'States.ALL that is not last',
      machine({
        A: task('f', {
          Catch: [
            { ErrorEquals: ['States.ALL'], Next: 'B' },
            { ErrorEquals: ['x'], Next: 'B' },
          ],
        }),
        B: done,
      }),
      "state 'A': field Catch: States.ALL must come last",
    ],
    [
      'a distributed Map',
      map({
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'Do', States: { Do: done } },
      }),
      "state 'Each': field ItemProcessor.ProcessorConfig.Mode",
    ],
    ['ItemReader', map({ ItemReader: {} }), "state 'Each': field ItemReader is not implemented"],
    ['ItemBatcher', map({ ItemBatcher: {} }), "state 'Each': field ItemBatcher is not implemented"],
    [
      'ToleratedFailureCount',
      map({ ToleratedFailureCount: 1 }),
      'field ToleratedFailureCount is not implemented',
    ],
    [
      'a field of an inner state',
      map({}, { Type: 'Pass', End: true, ResultPath: '$.x' }),
      "state 'Do': field ResultPath is not implemented",
    ],
    [
      'an unknown field of the machine',
      machine({ A: done }, { Foo: 1 }),
      'the definition: field Foo is not implemented',
    ],
    [
      'a Next that leads nowhere',
      machine({ A: { Type: 'Pass', Next: 'B' } }),
      "state 'A': Next names no state: 'B'",
    ],
    [
      'a catcher that leads nowhere',
      machine({ A: task('f', { Catch: [{ ErrorEquals: ['x'], Next: 'B' }] }) }),
      "names no state: 'B'",
    ],
    ['neither Next nor End', machine({ A: { Type: 'Pass' } }), "state 'A': needs either Next or End"],
    ['a Wait for nothing', machine({ A: { Type: 'Wait', End: true } }), 'needs either Seconds or Timestamp'],
    ['$eval', pass({ Output: "{% $eval('1') %}" }), "state 'Say': $eval is not available"],
    ['$eval handed on', pass({ Output: "{% $map(['1'], $eval) %}" }), "state 'Say': $eval is not available"],
    ['a broken expression', pass({ Output: '{% 1 + %}' }), "state 'Say': this is no JSONata"],
    ['an expression in the middle of a text', pass({ Output: 'id {% 1 %}' }), 'must fill its whole text'],
    ['a variable called states', pass({ Assign: { states: 1 } }), "state 'Say': field Assign"],
    [
      'an inner variable under the name of an outer one',
      machine({
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          ItemProcessor: { StartAt: 'Do', States: { Do: { Type: 'Pass', Assign: { x: 2 }, End: true } } },
          End: true,
        },
      }),
      "'x' is a variable of an outer scope",
    ],
  ])('%s', (_, definition, sentence) => {
    expect(load(definition)).toThrow(sentence);
  });

  it('and one that stays within is taken', () => {
    expect(
      load(machine({ A: task('f', { Retry: [{ ErrorEquals: ['States.ALL'] }], TimeoutSeconds: 5 }) })),
    ).not.toThrow();
  });
});
