/** The reference tables of the deep check, from the same open data and definitions the platform publishes. */
import { parse } from 'yaml';
import { z } from 'zod';

import type { CodeLists } from './snapshot-folder.ts';

const violence = z.object({
  id: z.string(),
  kinds: z.array(
    z.object({ kind: z.string(), offences: z.array(z.object({ code: z.string(), needs: z.string() })) }),
  ),
});
const factors = z.object({
  factors: z.array(
    z.object({ factor: z.string(), label: z.string(), event_type: z.string(), codes: z.array(z.string()) }),
  ),
});

export function codeLists(read: (path: string) => string): CodeLists {
  const definition = violence.parse(parse(read('contracts/definitions/serious-violence.v1.yaml')));
  const found = factors.parse(parse(read('contracts/definitions/risk-factors.v1.yaml')));
  const [, ...districts] = read('contracts/reference/districts.csv').trim().split('\n');
  return {
    area: districts.map((row, index) => {
      const [lad24cd = '', lad24nm = '', csp24cd = '', csp24nm = '', fra24cd = '', fra24nm = ''] = row
        .trim()
        .split(',');
      const lsoa21cd = `E0101${6180 + index}`;
      return {
        lsoa21cd,
        lsoa21nm: `${lad24nm} 001A`,
        lad24cd,
        lad24nm,
        csp24cd,
        csp24nm,
        fra24cd,
        fra24nm,
        imd25_decile: 5,
        residents: 1500,
      };
    }),
    serious_violence_kind: definition.kinds.flatMap(({ kind, offences }) =>
      offences.map(({ code, needs }) => ({ definition_version: definition.id, code, needs, kind })),
    ),
    risk_factor: found.factors.flatMap(({ factor, label, event_type, codes }) =>
      codes.map((code) => ({ code, event_type, factor, label })),
    ),
  };
}
