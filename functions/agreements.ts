/** Where definitions are proposed and signatures handed in: every act by the caller IAM proved, every byte stored as signed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetPublicKeyCommand } from '@aws-sdk/client-kms';
import { parse } from 'yaml';
import { z } from 'zod';
import { agreed, CLOCK_SKEW_MS } from '../pipeline/agreement/agreed.ts';
import { buildDefinition } from '../pipeline/agreement/definition.ts';
import { registerBytes, type RegisterDocument } from '../pipeline/agreement/register.ts';
import { verifyEnvelope } from '../pipeline/agreement/statement.ts';
import { definitionInputs } from './definition-inputs.ts';
import { keys } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { FAULT_SENTENCES, registerInForce, storedAgreement, type Proposal } from './agreement-store.ts';
import { callerPartner, contracts } from './callers.ts';
import { kms } from './clients.ts';
import { bucket, setting, sqlFolder } from './environment.ts';
import { refusal, urlHandler, type Caller, type UrlReply } from './handler.ts';
import { eachOf, getJson, list, putText, replacePointer } from './objects.ts';

const reportId = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
const input = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('publish-register') }),
  z.strictObject({ action: z.literal('propose'), report: reportId }),
  z.strictObject({ action: z.literal('show'), report: reportId }),
  z.strictObject({ action: z.literal('sign'), report: reportId, envelope: z.base64().max(65_536) }),
  z.strictObject({ action: z.literal('status') }),
  z.strictObject({ action: z.literal('export'), report: reportId }),
]);

const ANYBODY = ['approver', 'author', 'operator', 'analyst', 'auditor', 'dpo'];

export const handler = urlHandler(input, async (request, caller, now) => {
  switch (request.action) {
    case 'publish-register':
      return publishRegister(caller, now);
    case 'propose':
      return propose(request.report, caller, now);
    case 'sign':
      return takeSignature(request.report, request.envelope, caller, now);
    case 'show':
      return callerPartner(caller, ...ANYBODY) === null ? notYours() : show(request.report, now);
    case 'export':
      return callerPartner(caller, ...ANYBODY) === null ? notYours() : exportBundle(request.report);
    case 'status':
      return callerPartner(caller, ...ANYBODY) === null ? notYours() : status(now);
  }
});

const notYours = (): UrlReply => ({
  statusCode: 403,
  body: refusal('not-your-role', 'Your role has no part in this. `npx tvt whoami` lists who has which role.'),
});
const done = (body: unknown): UrlReply => ({ statusCode: 200, body });
const environment = (): string => setting('TVT_ENVIRONMENT');

/** Puts the partners of the contracts into force, with the public keys KMS gives; a change calls every agreement up again. */
async function publishRegister(caller: Caller, now: Date): Promise<UrlReply> {
  if (callerPartner(caller, 'operator') === null) return notYours();
  const before = await registerInForce();
  const { partners } = contracts();
  const document: RegisterDocument = {
    kind: 'tvt-register/v1',
    version: (before?.document.version ?? 0) + 1,
    previous: before?.digest ?? null,
    issuedAt: now.toISOString(),
    environment: environment(),
    partners: await eachOf(
      [...partners.values()].filter(({ status: state }) => state === 'active'),
      async (partner) => {
        const key = await kms.send(new GetPublicKeyCommand({ KeyId: `alias/tvt-signing-${partner.id}` }));
        return {
          partner: partner.id,
          name: partner.name,
          approvers: partner.staff.filter(({ role }) => role === 'approver').map(({ id }) => id),
          approverRole: 'approver' as const,
          keyId: key.KeyId ?? '',
          spki: Buffer.from(key.PublicKey ?? new Uint8Array()).toString('base64'),
        };
      },
    ),
  };
  const same = JSON.stringify(before?.document.partners) === JSON.stringify(sorted(document.partners));
  if (before !== null && same)
    return done({ digest: before.digest, version: before.document.version, changed: false });
  const { bytes, digest } = registerBytes(document);
  await putText(bucket('ledger'), keys.ledger.register(digest), text(bytes), { ifNoneMatch: true });
  await replacePointer(
    bucket('ledger'),
    keys.ledger.registerCurrent,
    { digest },
    await pointer(keys.ledger.registerCurrent),
  );
  await recordActs('agreements', `register|${digest}`, [
    act(now, caller, 'register-published', { register: digest }),
  ]);
  return done({ digest, version: document.version, changed: true });
}

async function propose(report: string, caller: Caller, now: Date): Promise<UrlReply> {
  const partner = callerPartner(caller, 'author');
  if (partner === null) return notYours();
  const register = await registerInForce();
  if (register === null)
    return { statusCode: 409, body: refusal('no-register', FAULT_SENTENCES['no-register']) };
  const folder = join(sqlFolder(), 'reports', report);
  const definitionYaml = await readFile(join(folder, 'definition.yaml'), 'utf8').catch(() => null);
  const sql = await readFile(join(folder, 'query.sql'), 'utf8').catch(() => null);
  if (definitionYaml === null || sql === null)
    return {
      statusCode: 404,
      body: refusal('no-such-report', 'There is no report of that name to propose.'),
    };
  const inputs = await definitionInputs(parse(definitionYaml), sql);
  if (!inputs.ok)
    return {
      statusCode: 422,
      body: { ...refusal('not-agreeable', inputs.sentence), findings: inputs.findings },
    };
  const before = await pointer(keys.ledger.proposal(report));
  const built = buildDefinition({
    reportFolder: { definitionYaml, sql },
    ...inputs.inputs,
    rendererDigest: null,
    author: { staff: caller.sessionName, partner: partner.id },
    registerDigest: register.digest,
    previous: (before?.value as Proposal | undefined)?.digest ?? null,
    proposedAt: now.toISOString(),
  });
  if (!built.ok) return { statusCode: 422, body: refusal('not-agreeable', built.sentence) };
  await putText(bucket('ledger'), keys.ledger.definition(built.digest), text(built.bytes), {
    ifNoneMatch: true,
  });
  await replacePointer(
    bucket('ledger'),
    keys.ledger.proposal(report),
    { report, digest: built.digest } satisfies Proposal,
    before,
  );
  await recordActs('agreements', `propose|${built.digest}`, [
    act(now, caller, 'definition-proposed', { report, definition: built.digest }),
  ]);
  return done({ report, digest: built.digest, expires: built.definition.expires });
}

async function takeSignature(report: string, envelope: string, caller: Caller, now: Date): Promise<UrlReply> {
  const partner = callerPartner(caller, 'approver');
  if (partner === null) return notYours();
  const stored = await storedAgreement(report);
  if (typeof stored === 'string') return { statusCode: 409, body: refusal(stored, FAULT_SENTENCES[stored]) };
  const bytes = Buffer.from(envelope, 'base64');
  const verified = verifyEnvelope(bytes, stored.register);
  if (!verified.ok) return { statusCode: 422, body: refusal(verified.code, verified.sentence) };
  const { subject, predicate } = verified.statement;
  const digest = subject[0].digest.sha256;
  if (digest !== stored.definition.digest)
    return {
      statusCode: 409,
      body: refusal('other-definition', 'The statement is on another version of the report.'),
    };
  if (predicate.partner !== partner.id || predicate.signer !== caller.sessionName)
    return {
      statusCode: 403,
      body: refusal('not-the-signer', 'A statement is handed in by the person who signed it.'),
    };
  if (Math.abs(Date.parse(predicate.signedAt) - now.getTime()) > CLOCK_SKEW_MS)
    return {
      statusCode: 422,
      body: refusal(
        'not-signed-now',
        'A statement is handed in within minutes of being signed; sign it again.',
      ),
    };
  const key = keys.ledger.signature(digest, partner.id, verified.envelopeDigest);
  await putText(bucket('ledger'), key, bytes.toString('utf8'), { ifNoneMatch: true });
  await recordActs('agreements', `sign|${verified.envelopeDigest}`, [
    act(now, caller, `definition-${predicate.decision}`, { report, definition: digest, partner: partner.id }),
  ]);
  return done({ report, digest, decision: predicate.decision });
}

async function show(report: string, now: Date): Promise<UrlReply> {
  const stored = await storedAgreement(report);
  if (typeof stored === 'string') return { statusCode: 404, body: refusal(stored, FAULT_SENTENCES[stored]) };
  const { definition, register, envelopes } = stored;
  return done({
    report,
    digest: definition.digest,
    definition: definition.definition,
    register: {
      digest: register.digest,
      version: register.document.version,
      partners: register.document.partners,
    },
    environment: environment(),
    now: now.toISOString(),
    agreement: agreed({
      definitionBytes: definition.bytes,
      register,
      envelopes,
      now,
      environment: environment(),
    }),
  });
}

/** Everything a partner needs to verify the agreement without us (docs/verify): the stored texts, byte for byte. */
async function exportBundle(report: string): Promise<UrlReply> {
  const stored = await storedAgreement(report);
  if (typeof stored === 'string') return { statusCode: 404, body: refusal(stored, FAULT_SENTENCES[stored]) };
  return done({
    definition: text(stored.definition.bytes),
    register: text(registerBytes(stored.register.document).bytes),
    envelopes: stored.envelopes.map(text),
  });
}

async function status(now: Date): Promise<UrlReply> {
  const proposals = await list(bucket('ledger'), keys.ledger.proposals);
  const reports = await eachOf(proposals, async ({ key }) => {
    const report = key.slice(keys.ledger.proposals.length, -'.json'.length);
    const stored = await storedAgreement(report);
    if (typeof stored === 'string')
      return { report, agreed: false, reasons: [{ code: stored, sentence: FAULT_SENTENCES[stored] }] };
    const { definition, register, envelopes } = stored;
    const outcome = agreed({
      definitionBytes: definition.bytes,
      register,
      envelopes,
      now,
      environment: environment(),
    });
    return {
      report,
      version: definition.definition.report.version,
      expires: definition.definition.expires,
      ...outcome,
    };
  });
  return done({ reports });
}

function act(now: Date, caller: Caller, what: string, subject: Readonly<Record<string, string>>) {
  return {
    type: 'agreement' as const,
    at: now.toISOString(),
    actor: caller.sessionName,
    act: what,
    purpose: 'agreed-report',
    subject: { ...subject },
  };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const pointer = (key: string) => getJson<unknown>(bucket('ledger'), key);
const sorted = <T extends { readonly partner: string }>(partners: readonly T[]): readonly T[] =>
  partners.toSorted((a, b) => (a.partner < b.partner ? -1 : 1));
