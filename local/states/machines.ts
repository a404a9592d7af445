/** The state machines of the templates, checked before the stand-in starts. */
import { z } from 'zod';
import { ServiceError, type Templates } from '../service.ts';
import type { Definition } from './definition.ts';
import { parseDefinition } from './load-definition.ts';

export interface Machine {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly roleName: string;
  readonly source: string;
  readonly definition: Definition;
}

const Properties = z.strictObject({
  StateMachineName: z.string(),
  RoleArn: z.string(),
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.coerce.string()).default({}),
  StateMachineType: z.literal('STANDARD').default('STANDARD'),
  // Of a deployment only: logs, tracing, keys at rest, tags.
  LoggingConfiguration: z.unknown().optional(),
  TracingConfiguration: z.unknown().optional(),
  EncryptionConfiguration: z.unknown().optional(),
  Tags: z.unknown().optional(),
});

export interface MachineRegister {
  readonly all: readonly Machine[];
  /** Throws StateMachineDoesNotExist. */
  find(arn: string): Machine;
}

/** @throws Error naming machine, state and field where a definition asks for what the stand-in does not implement. */
export function machinesOf(templates: Templates): MachineRegister {
  const all = templates
    .byType('AWS::StepFunctions::StateMachine')
    .map(({ logicalId, properties }): Machine => {
      const parsed = Properties.safeParse(properties);
      if (!parsed.success) throw new Error(`State machine ${logicalId}: ${z.prettifyError(parsed.error)}`);
      const {
        StateMachineName: name,
        RoleArn: roleArn,
        DefinitionString,
        DefinitionSubstitutions,
      } = parsed.data;
      const source = substitute(DefinitionString, DefinitionSubstitutions);
      return {
        name,
        arn: `arn:aws:states:${templates.region}:${templates.account}:stateMachine:${name}`,
        roleArn,
        roleName: roleArn.split('/').at(-1) ?? '',
        source,
        definition: parseDefinition(source, name),
      };
    });
  return {
    all,
    find(arn) {
      const found = all.find((machine) => machine.arn === arn);
      if (found !== undefined) return found;
      throw new ServiceError(400, 'StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    },
  };
}

const substitute = (source: string, values: Readonly<Record<string, string>>): string =>
  source.replace(/\$\{([A-Za-z0-9]+)\}/g, (whole, name: string) => values[name] ?? whole);
