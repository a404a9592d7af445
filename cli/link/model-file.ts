/** A linkage model as a YAML file: parsed strictly on the way in, written to be read and changed on the way out. */
import { Document, isScalar, isSeq, parse, visit } from 'yaml';
import { z } from 'zod';
import { modelFaults, type LinkageModel } from '../../linkage/model.ts';
import { BadArguments } from '../output.ts';

const shares = z.array(z.number()).readonly();
const take = z.enum([
  'all',
  'initial',
  'first3',
  'last4',
  'soundex',
  'year',
  'monthday',
  'yearmonth',
  'sector',
  'district',
  'swapped',
]);

const schema = z.strictObject({
  version: z.string(),
  priorBits: z.number(),
  thresholdBits: z.number(),
  largestBlockPairs: z.number().int().positive(),
  clustering: z.enum(['guarded', 'components']).optional(),
  guardClipBits: z.number().positive().optional(),
  columns: z
    .array(
      z.strictObject({
        name: z.string(),
        from: z.array(z.string()).min(1).readonly(),
        or: z.array(z.array(z.string()).min(1).readonly()).readonly().optional(),
        as: z.enum([
          'name',
          'first-word',
          'last-word',
          'text',
          'date',
          'postcode',
          'code',
          'digits',
          'sex',
          'exact',
        ]),
        dateOrder: z.enum(['ymd', 'dmy', 'mdy']).optional(),
      }),
    )
    .readonly()
    .optional(),
  blocking: z
    .array(
      z.strictObject({
        name: z.string(),
        parts: z.array(z.strictObject({ column: z.string(), take: take.optional() })).readonly(),
      }),
    )
    .readonly(),
  comparisons: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(['name', 'date', 'postcode', 'text', 'code', 'exact']),
        column: z.string(),
        m: shares,
        u: shares,
        termFrequency: z.union([z.boolean(), z.literal('smoothed')]).optional(),
        swapWith: z.string().optional(),
      }),
    )
    .readonly(),
  household: z.strictObject({ comparisons: z.array(z.string()).readonly(), capBits: z.number() }).optional(),
  related: z
    .array(z.strictObject({ name: z.string(), priorBits: z.number(), levels: z.record(z.string(), shares) }))
    .readonly()
    .optional(),
  warnings: z.array(z.string()).readonly().optional(),
  nicknames: z.array(z.array(z.string()).readonly()).readonly().optional(),
});

/** @throws BadArguments naming what is wrong with the model. */
export function parseModel(text: string, path: string): LinkageModel {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch {
    throw new BadArguments(`${path} is not YAML.`);
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new BadArguments(
      `${path} is no linkage model: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`,
    );
  }
  const model = JSON.parse(JSON.stringify(parsed.data)) as LinkageModel;
  const faults = modelFaults(model);
  if (faults.length > 0) throw new BadArguments(`${path} cannot be used: ${faults.join('; ')}`);
  return model;
}

export function modelText(model: LinkageModel): string {
  const head = [
    '# A linkage model. priorBits and thresholdBits are log2 odds; m and u are the probabilities of each comparison level',
    '# (strongest agreement first) among records of one person and among strangers. Change it and give it back with --model.',
  ];
  const document = new Document(model, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      // Lists of figures or words on one line each: the file is to be read.
      if (isSeq(list) && list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
  return `${head.join('\n')}\n${document.toString({ lineWidth: 110, flowCollectionPadding: false })}`;
}
