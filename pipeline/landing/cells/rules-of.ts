/** Chooses the rule of each column from its contract. */
import type { Column, FeedContract } from '../../contract/model.ts';
import type { IsoDate } from '../../zones.ts';
import { codeRule, offenceCodeRule } from './codes.ts';
import { dateRule } from './dates.ts';
import {
  booleanRule,
  nhsNumberRule,
  numberRule,
  phoneRule,
  postcodeRule,
  timestampRule,
  uprnRule,
} from './numbers.ts';
import type { CellRule } from './rule.ts';
import { textRule } from './text.ts';

export interface RuleOptions {
  readonly contract: FeedContract;
  readonly today: IsoDate;
  readonly gateways: readonly string[];
}

export function ruleOf(column: Column, { contract, today, gateways }: RuleOptions): CellRule {
  if (column.codes !== null) return codeRule(column, gateways);
  if (column.type === 'date') {
    const { dateFormat, twoDigitYearPivot } = contract.dialect;
    return dateRule(column, { format: column.dateFormat ?? dateFormat, twoDigitYearPivot, today });
  }
  if (column.format === 'uprn') return uprnRule;
  if (column.format === 'nhs-number') return nhsNumberRule;
  if (column.format === 'phone') return phoneRule;
  if (column.format === 'postcode') return postcodeRule;
  if (column.format === 'ho-offence-code') return offenceCodeRule();
  if (column.type === 'integer' || column.type === 'number') return numberRule(column);
  if (column.type === 'boolean') return booleanRule;
  if (column.type === 'timestamp') return timestampRule;
  return textRule(column);
}
