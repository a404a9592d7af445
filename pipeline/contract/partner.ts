/** Reads one partner file: who a public body is, who acts for it, and what it chooses to share. */
import { parse } from 'yaml';
import { z } from 'zod';
import { ContractError, type PartnerFile, ROLES } from './model.ts';
import { problemsOf } from './odcs.ts';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens');

const partnerFile = z.strictObject({
  id,
  short: z.string().regex(/^[a-z0-9]{2,12}$/, 'must be 2 to 12 small letters or digits'),
  name: z.string().min(1),
  kind: z.enum(['police', 'council', 'fire', 'health']),
  status: z.enum(['active', 'off']),
  controller: z.strictObject({
    organisation: z.string().min(1),
    dataProtectionOfficer: z.strictObject({
      name: z.string().min(1),
      email: z.string(),
      telephone: z.string(),
    }),
    address: z.string().min(1),
  }),
  gateway: z.string().min(1),
  approvers: z.array(z.string()).min(1),
  staff: z.array(z.strictObject({ id: z.string(), name: z.string().min(1), role: z.enum(ROLES) })),
  feeds: z.array(
    z.strictObject({
      feed: id,
      columns: z
        .array(z.string())
        .min(1)
        .nullish()
        .transform((columns) => columns ?? null),
      gateways: z.array(z.string()).default([]),
    }),
  ),
});

/** Throws ContractError with every problem found. */
export function parsePartnerFile(text: string, file: string): PartnerFile {
  const read = partnerFile.safeParse(parse(text));
  if (!read.success) throw new ContractError(file, problemsOf(read.error));
  const problems = checkPartner(read.data);
  if (problems.length > 0) throw new ContractError(file, problems);
  return read.data;
}

function checkPartner(partner: PartnerFile): readonly string[] {
  const problems: string[] = [];
  const ids = partner.staff.map((member) => member.id);
  if (new Set(ids).size !== ids.length) problems.push('two members of staff have the same id');
  for (const member of partner.staff) {
    const stem = `${partner.short}-${member.role}`;
    const second = member.id.startsWith(`${stem}-`) && /^\d+$/.test(member.id.slice(stem.length + 1));
    if (member.id !== stem && !second)
      problems.push(`staff ${member.id}: must be called ${stem}, or ${stem}-2 and so on`);
  }
  for (const approver of partner.approvers) {
    if (!partner.staff.some((member) => member.id === approver && member.role === 'approver')) {
      problems.push(`approvers: ${approver} is not an approver among the staff`);
    }
  }
  return problems;
}
