#!/usr/bin/env node
/**
 * Verifies an exported agreement on its own: `node verify-agreement.mjs bundle.json [--on YYYY-MM-DD] [--register DIGEST]`.
 * Uses Node's own crypto and file reading only and knows nothing else of the platform, so that a partner can read all of it, keep it,
 * and run it on a machine the operator has never touched. Prints yes or no with every reason; exits with 0, 1, or 2.
 *
 * A bundle is { definition, register, envelopes: [..] }, each the stored text, byte for byte. What it proves: every
 * partner of that register signed exactly that definition with the key the register gives it, and nobody's last word was
 * another. What it cannot prove: that no later statement was left out of the bundle, nor that the register is the one you
 * know. Keep the register's digest from a day you trusted it and pass it with --register.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** DSSE v1 pre-authentication encoding: exactly these bytes were signed. */
const preAuth = (type, payload) =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

export function verifyBundle(bundle, on, knownRegister) {
  const reasons = [];
  /** Envelopes that count for nothing: whoever put them there, they can neither agree nor stop. */
  const ignored = [];
  const definitionDigest = sha256(bundle.definition);
  const registerDigest = sha256(bundle.register);
  const definition = JSON.parse(bundle.definition);
  const register = JSON.parse(bundle.register);
  if (definition.registerDigest !== registerDigest)
    reasons.push('The definition names another register than this one.');
  if (knownRegister !== undefined && knownRegister !== registerDigest)
    reasons.push('The register is not the one you know.');
  if (Date.parse(definition.expires) <= on.getTime())
    reasons.push(`The definition expired on ${definition.expires}.`);

  const last = new Map();
  for (const text of bundle.envelopes) {
    const statement = readStatement(text, register);
    if (typeof statement === 'string') {
      ignored.push(statement);
      continue;
    }
    const { predicate, subject } = statement;
    if (subject.length !== 1 || subject[0].digest.sha256 !== definitionDigest) {
      ignored.push(`A statement of ${predicate.partner} is on another definition.`);
      continue;
    }
    const before = last.get(predicate.partner);
    // Of two statements of one moment the one that stops counts.
    const isLater =
      before === undefined ||
      predicate.signedAt > before.signedAt ||
      (predicate.signedAt === before.signedAt && predicate.decision !== 'agree');
    if (isLater) last.set(predicate.partner, predicate);
  }
  for (const { partner, name } of register.partners) reasons.push(...wordOf(last.get(partner), name));
  return {
    agreed: reasons.length === 0,
    definition: definitionDigest,
    register: registerDigest,
    reasons,
    ignored,
  };

  function wordOf(predicate, name) {
    if (predicate === undefined) return [`${name} has not signed.`];
    if (predicate.decision !== 'agree')
      return [`${name} said ${predicate.decision} on ${predicate.signedAt}.`];
    const own = [];
    if (predicate.registerDigest !== registerDigest) own.push(`${name} signed under another register.`);
    if (Date.parse(predicate.expires) <= on.getTime()) own.push(`The agreement of ${name} has expired.`);
    if (predicate.signer === definition.author.staff) own.push(`${name}: the author cannot approve.`);
    if (predicate.environment !== register.environment) own.push(`${name} signed for another installation.`);
    return own;
  }
}

/** The signed statement, or why it counts for nothing. The key is the register's; the envelope's key id decides nothing. */
function readStatement(text, register) {
  const envelope = JSON.parse(text);
  if (envelope.payloadType !== PAYLOAD_TYPE || envelope.signatures?.length !== 1)
    return 'A signature is on another kind of document.';
  const payload = Buffer.from(envelope.payload, 'base64');
  const statement = JSON.parse(payload.toString('utf8'));
  const entry = register.partners.find(({ partner }) => partner === statement.predicate?.partner);
  if (entry === undefined) return 'A statement names a partner the register does not have.';
  if (!entry.approvers.includes(statement.predicate.signer))
    return `${entry.name}: the signer is not its approver.`;
  const key = createPublicKey({ key: Buffer.from(entry.spki, 'base64'), format: 'der', type: 'spki' });
  const genuine = verify(
    'sha256',
    preAuth(envelope.payloadType, payload),
    key,
    Buffer.from(envelope.signatures[0].sig, 'base64'),
  );
  return genuine ? statement : `A signature in the name of ${entry.name} was not made with its key.`;
}

function main() {
  const [file, ...rest] = process.argv.slice(2);
  const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
  if (file === undefined || file.startsWith('--')) {
    console.error('node verify-agreement.mjs bundle.json [--on YYYY-MM-DD] [--register DIGEST]');
    return 2;
  }
  let outcome;
  try {
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    outcome = verifyBundle(bundle, new Date(option('--on') ?? Date.now()), option('--register'));
  } catch {
    console.error('The file is not an exported agreement.');
    return 2;
  }
  console.log(
    outcome.agreed ? 'YES: every partner of the register has agreed to exactly this definition.' : 'NO:',
  );
  for (const reason of outcome.reasons) console.log(`  ${reason}`);
  for (const note of outcome.ignored) console.log(`  (not counted: ${note})`);
  console.log(`definition ${outcome.definition}\nregister   ${outcome.register}`);
  return outcome.agreed ? 0 : 1;
}

if (realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) process.exitCode = main();
