/** Condition keys: which ones policies use, which ones the stand-in fills, and their values for one request. */
import type { PolicyStatement } from './iam-policies.ts';
import { isRecord } from './template-intrinsics.ts';

/**
 * How a key comes by its value. `always`: filled for every request of its service. `given`: filled when the request
 * has it, and absent when it has not, as on AWS.
 */
type Filling = 'always' | 'given';

const FILLED: Readonly<Record<string, Filling>> = {
  'aws:securetransport': 'always',
  'aws:principalarn': 'always',
  'aws:principalaccount': 'always',
  'aws:principaltype': 'always',
  'aws:principalisawsservice': 'always',
  'aws:requestedregion': 'always',
  'aws:resourceaccount': 'always',
  'aws:sourceip': 'always',
  'aws:userid': 'always',
  'aws:currenttime': 'always',
  'aws:epochtime': 'always',
  'aws:viaawsservice': 'always',
  'aws:calledvia': 'given',
  'aws:calledviafirst': 'given',
  'aws:calledvialast': 'given',
  // Absent on AWS too where no service calls on behalf of a resource.
  'aws:sourcearn': 'given',
  'aws:sourceaccount': 'given',
  // A role session has no user name; AWS leaves the key out.
  'aws:username': 'given',
  's3:authtype': 'always',
  's3:signatureage': 'always',
  's3:signatureversion': 'always',
  's3:resourceaccount': 'always',
  's3:prefix': 'given',
  's3:delimiter': 'given',
  's3:max-keys': 'given',
  's3:versionid': 'given',
  's3:if-match': 'given',
  's3:if-none-match': 'given',
  's3:requestobjecttagkeys': 'given',
  's3:objectcreationoperation': 'given',
  'kms:calleraccount': 'always',
  'kms:viaservice': 'given',
  'kms:encryptioncontextkeys': 'given',
  'kms:encryptionalgorithm': 'given',
  'kms:signingalgorithm': 'given',
  'kms:macalgorithm': 'given',
  'kms:messagetype': 'given',
  'kms:requestalias': 'given',
  'kms:resourcealiases': 'given',
  'kms:keyspec': 'given',
  'kms:keyusage': 'given',
  'kms:keyorigin': 'given',
  'kms:multiregion': 'given',
  'kms:grantisforawsresource': 'given',
  'lambda:functionurlauthtype': 'given',
  'lambda:invokedviafunctionurl': 'given',
  'lambda:functionarn': 'given',
};
/** Families whose last part is chosen by the policy: a tag, an encryption context, a request header. */
const FAMILIES: readonly (readonly [string, Filling])[] = [
  ['aws:principaltag/', 'given'],
  ['kms:encryptioncontext:', 'given'],
  ['s3:x-amz-', 'given'],
  ['s3:requestobjecttag/', 'given'],
  ['s3:existingobjecttag/', 'given'],
];

/** Filled with a list: AWS compares such a key with ForAllValues or ForAnyValue only. */
const LISTS = new Set([
  'aws:calledvia',
  'kms:encryptioncontextkeys',
  'kms:resourcealiases',
  's3:requestobjecttagkeys',
]);

const OPERATOR =
  /^(?:ForA(?:ll|ny)Values:)?(?:String(?:Not)?(?:Equals|EqualsIgnoreCase|Like)|Numeric(?:Not)?Equals|(?:Numeric|Date)(?:LessThan|GreaterThan)(?:Equals)?|Date(?:Not)?Equals|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like))(?:IfExists)?$/i;

function fillingOf(key: string): Filling | undefined {
  const lower = key.toLowerCase();
  return FILLED[lower] ?? FAMILIES.find(([prefix]) => lower.startsWith(prefix))?.[1];
}

/** The keys a statement reads: those of its conditions, and the variables in its resources and condition values. */
export function keysOf(statement: PolicyStatement): ReadonlySet<string> {
  const keys = new Set<string>();
  const condition = statement['Condition'];
  if (isRecord(condition)) {
    for (const byKey of Object.values(condition)) {
      if (isRecord(byKey)) for (const key of Object.keys(byKey)) keys.add(key.toLowerCase());
    }
  }
  const texts = JSON.stringify([
    condition ?? null,
    statement['Resource'] ?? null,
    statement['NotResource'] ?? null,
  ]);
  for (const [, variable] of texts.matchAll(/\$\{([^}]*)\}/g)) {
    const key = (variable ?? '').split(',')[0]?.trim().toLowerCase() ?? '';
    if (key !== '*' && key !== '?' && key !== '$') keys.add(key);
  }
  return keys;
}

/** Sentences about conditions that could never apply: on a Deny, that would be failing open. */
export function deadConditions(
  statements: readonly { readonly place: string; readonly statement: PolicyStatement }[],
): readonly string[] {
  return statements.flatMap(({ place, statement }) => [
    ...[...keysOf(statement)]
      .filter((key) => fillingOf(key) === undefined)
      .map((key) => `${place} uses the condition key ${key}, which the stand-in cannot fill.`),
    ...deadOperators(statement).map((fault) => `${place} ${fault}`),
  ]);
}

function deadOperators(statement: PolicyStatement): readonly string[] {
  const condition = statement['Condition'];
  if (!isRecord(condition)) return [];
  return Object.entries(condition).flatMap(([operator, byKey]) => {
    if (/^Null$/i.test(operator)) return [];
    if (!OPERATOR.test(operator)) return [`uses the condition operator ${operator}, which does not exist.`];
    const lists = isRecord(byKey) ? Object.keys(byKey).filter((key) => LISTS.has(key.toLowerCase())) : [];
    if (/^ForA/i.test(operator)) return [];
    return lists.map((key) => `compares ${key}, which is a list, without ForAllValues or ForAnyValue.`);
  });
}
