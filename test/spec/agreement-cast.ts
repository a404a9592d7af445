/** The cast of the agreement tests: four fictitious partners with real keys, a definition, and ways to sign it. */

import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { buildDefinition, type CanonicalDefinition } from '../../pipeline/agreement/definition.ts';
import {
  readRegister,
  registerBytes,
  type Register,
  type RegisterDocument,
} from '../../pipeline/agreement/register.ts';
import { makeEnvelope, makeStatement, type Decision } from '../../pipeline/agreement/statement.ts';

export const PARTNERS = ['fictional-police', 'invented-county', 'made-up-borough', 'pretend-fire'] as const;
export type PartnerName = (typeof PARTNERS)[number];
export const ENVIRONMENT = 'tvt:000000000000:eu-west-2';
export const NOW = new Date('2026-11-24T12:00:00.000Z');

const pairs = new Map(
  PARTNERS.map((partner) => [partner, generateKeyPairSync('ec', { namedCurve: 'P-256' })]),
);

export function keyOf(partner: PartnerName): KeyObject {
  const pair = pairs.get(partner);
  if (pair === undefined) throw new Error(`no key for ${partner}`);
  return pair.privateKey;
}

export function registerDocument(version = 1, partners: readonly PartnerName[] = PARTNERS): RegisterDocument {
  return {
    kind: 'tvt-register/v1',
    version,
    previous: null,
    issuedAt: '2026-11-01T00:00:00.000Z',
    environment: ENVIRONMENT,
    partners: partners.map((partner) => ({
      partner,
      name: partner.replace('-', ' '),
      approvers: [`${partner}-approver`, `${partner}-approver-2`],
      approverRole: 'approver' as const,
      keyId: `alias/tvt-signing-${partner}`,
      spki: pairs.get(partner)?.publicKey.export({ format: 'der', type: 'spki' }).toString('base64') ?? '',
    })),
  };
}

export function registerOf(document: RegisterDocument = registerDocument()): Register {
  const read = readRegister(registerBytes(document).bytes);
  if (!read.ok) throw new Error(read.sentence);
  return read.register;
}

const REPORT = 'sql/reports/serious-violence-by-district';
export const REPORT_FOLDER = {
  definitionYaml: readFileSync(`${REPORT}/definition.yaml`, 'utf8'),
  sql: readFileSync(`${REPORT}/query.sql`, 'utf8'),
};

export function definitionOf(
  change: Partial<Parameters<typeof buildDefinition>[0]> = {},
): CanonicalDefinition {
  const built = buildDefinition({
    reportFolder: REPORT_FOLDER,
    tables: ['area', 'event_record'],
    contractDigests: { 'police-involvements.v1': '1'.repeat(64) },
    schemaDigests: { area: '2'.repeat(64), event_record: '3'.repeat(64) },
    codeListDigests: { 'serious-violence.v1': '4'.repeat(64) },
    seriousViolence: { id: 'serious-violence.v1', digest: '4'.repeat(64) },
    rendererDigest: null,
    author: { staff: 'fictional-police-author', partner: 'fictional-police' },
    registerDigest: registerOf().digest,
    previous: null,
    proposedAt: '2026-11-20T09:00:00.000Z',
    ...change,
  });
  if (!built.ok) throw new Error(built.sentence);
  return built;
}

export interface Signing {
  readonly partner: PartnerName;
  readonly definition?: CanonicalDefinition;
  readonly decision?: Decision;
  readonly signer?: string;
  readonly signedAt?: string;
  readonly expires?: string;
  readonly environment?: string;
  readonly register?: Register;
  readonly key?: KeyObject;
  readonly keyid?: string;
}

/** An envelope as the platform stores it; every part can be made wrong. */
export function signed(signing: Signing): Uint8Array {
  const { partner, decision = 'agree' } = signing;
  const definition = signing.definition ?? definitionOf();
  const { payload, toSign } = makeStatement({
    subject: {
      report: definition.definition.report.id,
      version: definition.definition.report.version,
      digest: definition.digest,
    },
    decision,
    reason: decision === 'decline' || decision === 'question' ? 'The purpose is too wide.' : null,
    signer: signing.signer ?? `${partner}-approver`,
    partner,
    register: signing.register ?? registerOf(),
    signedAt: signing.signedAt ?? '2026-11-23T09:00:00.000Z',
    expires: signing.expires ?? '2027-05-01T00:00:00.000Z',
    nonce: 'ab'.repeat(16),
    environment: signing.environment ?? ENVIRONMENT,
  });
  const signature = sign('sha256', toSign, signing.key ?? keyOf(partner));
  return makeEnvelope(payload, signing.keyid ?? `alias/tvt-signing-${partner}`, signature);
}

export const allSigned = (change: Omit<Signing, 'partner'> = {}): readonly Uint8Array[] =>
  PARTNERS.map((partner) => signed({ partner, ...change }));

export const foreignKey = (): KeyObject =>
  createPrivateKey(
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey,
  );
