/** Tells whether any blocking rule brings two records together. */
import type { LinkageModel } from '../model.ts';
import type { Table } from '../table/table.ts';
import { makeJob } from './score.ts';

export function candidatePair(table: Table, model: LinkageModel): (a: number, b: number) => boolean {
  const { prepared } = makeJob(table, { ...model, comparisons: [] });
  const { packed, stride, firstKeyField, sourceField, rules } = prepared;
  return (a, b) => {
    if (packed[a * stride + sourceField] === packed[b * stride + sourceField]) return false;
    for (let rule = 0; rule < rules.length; rule++) {
      const key = packed[a * stride + firstKeyField + rule];
      if (key === packed[b * stride + firstKeyField + rule]) return true;
    }
    return false;
  };
}
