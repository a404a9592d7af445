/** The model both sides of the linkage bench use. */
import type { BlockingRule, LinkageModel } from '../../../linkage/model.ts';

const TIGHT: readonly BlockingRule[] = [
  { name: 'dob and surname sound', parts: [{ column: 'dob' }, { column: 'surname_sound' }] },
  {
    name: 'postcode and initial',
    parts: [{ column: 'postcode' }, { column: 'first_name', take: 'initial' }],
  },
  { name: 'surname and first name', parts: [{ column: 'surname' }, { column: 'first_name' }] },
  { name: 'dob and postcode', parts: [{ column: 'dob' }, { column: 'postcode' }] },
  { name: 'dob and first name', parts: [{ column: 'dob' }, { column: 'first_name' }] },
  { name: 'nhs', parts: [{ column: 'nhs' }] },
];
const LOOSE: readonly BlockingRule[] = [
  ...TIGHT,
  { name: 'surname and birth year', parts: [{ column: 'surname' }, { column: 'dob', take: 'year' }] },
  {
    name: 'first name and district',
    parts: [{ column: 'first_name' }, { column: 'postcode', take: 'district' }],
  },
  {
    name: 'surname sound and initial',
    parts: [{ column: 'surname_sound' }, { column: 'first_name', take: 'initial' }],
  },
];

export const benchModel = (blocking: 'tight' | 'loose'): LinkageModel => ({
  version: 'bench/1',
  priorBits: -18,
  thresholdBits: 4,
  largestBlockPairs: 1e9,
  clustering: 'components',
  blocking: blocking === 'tight' ? TIGHT : LOOSE,
  comparisons: [
    {
      name: 'first name',
      kind: 'name',
      column: 'first_name',
      termFrequency: true,
      m: [0.8, 0.02, 0.09, 0.04, 0.05],
      u: [0.005, 0.001, 0.005, 0.03, 0.959],
    },
    {
      name: 'surname',
      kind: 'name',
      column: 'surname',
      termFrequency: true,
      m: [0.84, 0.02, 0.07, 0.02, 0.05],
      u: [0.001, 0.0005, 0.003, 0.02, 0.9755],
    },
    {
      name: 'date of birth',
      kind: 'date',
      column: 'dob',
      m: [0.9, 0.01, 0.04, 0.02, 0.03],
      u: [0.00004, 0.00003, 0.0009, 0.012, 0.98703],
    },
    {
      name: 'postcode',
      kind: 'postcode',
      column: 'postcode',
      m: [0.75, 0.05, 0.05, 0.15],
      u: [0.00002, 0.0002, 0.0017, 0.99808],
    },
    { name: 'sex', kind: 'exact', column: 'sex', m: [0.99, 0.01], u: [0.5, 0.5] },
    { name: 'phone', kind: 'exact', column: 'phone', m: [0.9, 0.1], u: [0.000001, 0.999999] },
    { name: 'nhs', kind: 'exact', column: 'nhs', m: [0.99, 0.01], u: [0.000001, 0.999999] },
  ],
});
