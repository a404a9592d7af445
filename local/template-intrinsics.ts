/** Resolves CloudFormation's intrinsic functions over all stacks, and says which resource it could not resolve. */
import type { Stack } from './template-document.ts';
import { attributeOf, referenceOf, type Naming, type NamedResource } from './template-attributes.ts';

export interface Resolver {
  value(stack: Stack, where: string, value: unknown): unknown;
  /** Whether a named condition of the stack holds; without one it does. */
  holds(stack: Stack, condition: string | undefined): boolean;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** AWS::NoValue: the property it is given to does not exist. */
const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, at: Place) => unknown;
interface Place {
  readonly stack: Stack;
  readonly where: string;
}

export function resolver(stacks: readonly Stack[], naming: Naming): Resolver {
  const memo = new Map<string, unknown>();
  const inProgress = new Set<string>();

  const fail = (at: Place, message: string): never => {
    throw new Error(`${at.stack.name}/${at.where}: ${message}`);
  };
  const text = (argument: unknown, at: Place): string => {
    const value = resolve(argument, at);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return fail(at, 'a text was expected here.');
  };
  const list = (argument: unknown, at: Place, length?: number): readonly unknown[] => {
    if (Array.isArray(argument) && (length === undefined || argument.length === length)) return argument;
    return fail(at, `a list${length === undefined ? '' : ` of ${String(length)}`} was expected here.`);
  };
  const once = (key: string, at: Place, work: () => unknown): unknown => {
    if (memo.has(key)) return memo.get(key);
    if (inProgress.has(key)) return fail(at, `${key} refers to itself.`);
    inProgress.add(key);
    try {
      const value = work();
      memo.set(key, value);
      return value;
    } finally {
      inProgress.delete(key);
    }
  };

  /** A resource as the naming needs it: its properties resolved one at a time, only when a name asks for them. */
  const named = (stack: Stack, logicalId: string): NamedResource | undefined => {
    const resource = stack.document.Resources[logicalId];
    if (resource === undefined) return undefined;
    const at = { stack, where: logicalId };
    return {
      stack: stack.name,
      logicalId,
      type: resource.Type,
      property: (name) =>
        once(`${stack.name}/${logicalId}.${name}`, at, () => resolve(resource.Properties[name], at)),
    };
  };

  const reference = (name: string, at: Place): unknown => {
    const pseudo = pseudoParameter(name, at.stack, naming);
    if (pseudo !== undefined) return pseudo;
    const parameter = at.stack.document.Parameters[name];
    if (parameter !== undefined)
      return parameter.Default ?? fail(at, `the parameter ${name} has no default.`);
    const resource = named(at.stack, name);
    if (resource === undefined) return fail(at, `Ref ${name}: there is no such resource or parameter.`);
    return once(`Ref ${at.stack.name}/${name}`, at, () => referenceOf(resource, naming));
  };
  const attribute = (name: string, attributeName: string, at: Place): string => {
    const resource = named(at.stack, name);
    if (resource === undefined) return fail(at, `Fn::GetAtt ${name}: there is no such resource.`);
    return text(
      once(`${at.stack.name}/${name}.Fn::GetAtt.${attributeName}`, at, () =>
        attributeOf(resource, attributeName, naming),
      ),
      at,
    );
  };

  const imported = (name: string, at: Place): unknown => {
    for (const stack of stacks) {
      for (const [outputName, output] of Object.entries(stack.document.Outputs)) {
        const place = { stack, where: `output ${outputName}` };
        if (output.Export === undefined || text(output.Export.Name, place) !== name) continue;
        return once(`export ${name}`, place, () => resolve(output.Value, place));
      }
    }
    return fail(at, `no stack exports ${name}.`);
  };

  const substitute = (argument: unknown, at: Place): string => {
    const [template, variables] = typeof argument === 'string' ? [argument, {}] : list(argument, at, 2);
    if (typeof template !== 'string') return fail(at, 'Fn::Sub needs a text.');
    return template.replaceAll(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (isRecord(variables) && name in variables) return text(variables[name], at);
      const dot = name.indexOf('.');
      return dot === -1
        ? text(reference(name, at), at)
        : attribute(name.slice(0, dot), name.slice(dot + 1), at);
    });
  };

  const getAtt = (argument: unknown, at: Place): string => {
    const [name, ...rest] =
      typeof argument === 'string' ? argument.split('.') : list(argument, at).map(String);
    return attribute(name ?? '', rest.join('.'), at);
  };
  const condition = (value: unknown, at: Place): boolean => {
    const resolved = isRecord(value) && typeof value['Condition'] === 'string' ? value : resolve(value, at);
    if (isRecord(resolved) && typeof resolved['Condition'] === 'string') {
      return holds(at.stack, resolved['Condition']);
    }
    return resolved === true || resolved === 'true';
  };

  const intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (argument, at) => reference(String(argument), at),
    'Fn::GetAtt': getAtt,
    'Fn::Sub': substitute,
    'Fn::Join': (argument, at) => {
      const [separator, parts] = list(argument, at, 2);
      return list(resolve(parts, at), at)
        .map((part) => text(part, at))
        .join(text(separator, at));
    },
    'Fn::Select': (argument, at) => {
      const [index, parts] = list(argument, at, 2);
      const value = list(resolve(parts, at), at)[Number(text(index, at))];
      return value ?? fail(at, `Fn::Select has no element ${text(index, at)}.`);
    },
    'Fn::Split': (argument, at) => {
      const [separator, value] = list(argument, at, 2);
      return text(value, at).split(text(separator, at));
    },
    'Fn::If': (argument, at) => {
      const [name, then, otherwise] = list(argument, at, 3);
      return resolve(holds(at.stack, String(name)) ? then : otherwise, at);
    },
    'Fn::Equals': (argument, at) => {
      const [left, right] = list(argument, at, 2);
      return text(left, at) === text(right, at);
    },
    'Fn::And': (argument, at) => list(argument, at).every((each) => condition(each, at)),
    'Fn::Or': (argument, at) => list(argument, at).some((each) => condition(each, at)),
    'Fn::Not': (argument, at) => !condition(list(argument, at, 1)[0], at),
    'Fn::ImportValue': (argument, at) => imported(text(argument, at), at),
    'Fn::Base64': (argument, at) => Buffer.from(text(argument, at)).toString('base64'),
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${naming.region}${zone}`),
    'Fn::FindInMap': (argument, at) => {
      const [map, first, second] = list(argument, at, 3).map((part) => text(part, at));
      const outer = at.stack.document.Mappings[map ?? ''];
      const inner = isRecord(outer) ? outer[first ?? ''] : undefined;
      return isRecord(inner) && (second ?? '') in inner
        ? inner[second ?? '']
        : fail(at, `the mapping ${String(map)} has no ${String(first)}/${String(second)}.`);
    },
  };

  function resolve(value: unknown, at: Place): unknown {
    if (Array.isArray(value))
      return value.map((each) => resolve(each, at)).filter((each) => each !== NO_VALUE);
    if (!isRecord(value)) return value;
    const [name, ...others] = Object.keys(value);
    if (name !== undefined && others.length === 0) {
      if (name === 'Ref' && value[name] === 'AWS::NoValue') return NO_VALUE;
      const intrinsic = intrinsics[name];
      if (intrinsic !== undefined) return intrinsic(value[name], at);
      if (name.startsWith('Fn::')) return fail(at, `the function ${name} is not one the stand-in resolves.`);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, each]) => [key, resolve(each, at)] as const)
        .filter(([, each]) => each !== NO_VALUE),
    );
  }

  function holds(stack: Stack, name: string | undefined): boolean {
    if (name === undefined) return true;
    const at = { stack, where: `condition ${name}` };
    if (!(name in stack.document.Conditions)) return fail(at, 'there is no such condition.');
    return (
      once(`${stack.name}/condition ${name}`, at, () => condition(stack.document.Conditions[name], at)) ===
      true
    );
  }

  return { value: (stack, where, value) => resolve(value, { stack, where }), holds };
}

function pseudoParameter(name: string, stack: Stack, naming: Naming): string | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return naming.account;
    case 'AWS::Region':
      return naming.region;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return stack.name;
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${naming.region}:${naming.account}:stack/${stack.name}/local`;
    default:
      return undefined;
  }
}
