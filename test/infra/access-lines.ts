/** Tells a role's rights in lines a person can check: one per zone, one for each right outside the zones. */
import type { Statement } from './synthesised.ts';

const BUCKET = /^arn:aws:s3:::tvt-(.+)-000000000000(?:\/(.*))?$/;

/**
 * `read` means the object and the zone's key, `head` the object without the key, so only its metadata; `write`
 * needs the key too. Anything that is not understood is printed as it is, so that no right can hide.
 */
export function accessLines(statements: readonly Statement[]): string[] {
  const zones = new Map<string, Map<string, Set<string>>>();
  const others: string[] = [];
  const keyActions = new Set<string>();
  for (const { Effect, Action, Resource = [], Condition } of statements)
    for (const action of Action)
      for (const resource of Resource) {
        const [, zone, pattern] = BUCKET.exec(resource) ?? [];
        const verb = VERBS[action];
        const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
          Object.entries(keys).map(([key, values]) => `${operator} ${key} ${values.join(' ')}`),
        );
        if (Effect === 'Allow' && zone !== undefined && verb !== undefined) {
          const what = pattern ?? prefixesOf(Condition);
          const verbs = zones.get(zone) ?? zones.set(zone, new Map()).get(zone);
          (verbs?.get(verb) ?? verbs?.set(verb, new Set()).get(verb))?.add(what);
        } else if (KEY_ACTIONS.has(action) && resource.startsWith('key:') && conditions.length === 0) {
          keyActions.add(`${action} ${resource.replace('key:tvt-', '')}`);
        } else {
          const when = conditions.length === 0 ? '' : ` when ${conditions.join(' and ')}`;
          others.push(`${Effect === 'Deny' ? 'DENY ' : ''}${action} ${shortArn(resource)}${when}`);
        }
      }
  const zoneLines = [...zones].map(([zone, verbs]) => zoneLine(zone, verbs, keyActions));
  const unusedKeys = [...keyActions].map((line) => `UNUSED ${line}`);
  return [...zoneLines, ...others, ...unusedKeys].filter((line) => !OWN_LOG.test(line)).sort();
}

const VERBS: Readonly<Record<string, string>> = {
  's3:ListBucket': 'list',
  's3:ListBucketVersions': 'list-versions',
  's3:GetObject': 'read',
  's3:GetObjectVersion': 'read-versions',
  's3:PutObject': 'write',
  's3:DeleteObjectVersion': 'remove',
};
const KEY_ACTIONS = new Set(['kms:Decrypt', 'kms:GenerateDataKey']);
const OWN_LOG = /^logs:(?:CreateLogStream|PutLogEvents) log-group:\/aws\/lambda\/tvt-[a-z-]+:\*$/;

const prefixesOf = (condition: Statement['Condition']): string =>
  condition.StringLike?.['s3:prefix']?.join(' ') ??
  (Object.keys(condition).length === 0 ? '' : 'conditional');

/** Lists what is read and written, and takes the key actions it has accounted for out of `keyActions`. */
function zoneLine(
  zone: string,
  verbs: ReadonlyMap<string, ReadonlySet<string>>,
  keyActions: Set<string>,
): string {
  const parts = ['list', 'list-versions', 'read', 'read-versions', 'write', 'remove'].flatMap((verb) => {
    const patterns = verbs.get(verb);
    if (patterns === undefined) return [];
    const keyAction = { read: 'kms:Decrypt', write: 'kms:GenerateDataKey' }[verb];
    const hasKey = keyAction === undefined || keyActions.delete(`${keyAction} ${zone}`);
    const shown = hasKey ? verb : verb === 'read' ? 'head' : `${verb}-without-key`;
    return [[shown, ...[...patterns].filter((pattern) => pattern !== '').sort()].join(' ')];
  });
  return `${zone}: ${parts.join('; ')}`;
}

const shortArn = (arn: string): string =>
  arn
    .replace(/^arn:aws:[a-z]+:eu-west-2:000000000000:/, '')
    .replace(/^arn:aws:s3:::tvt-(.*?)-000000000000/, '$1');
