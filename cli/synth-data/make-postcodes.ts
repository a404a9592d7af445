/** Writes contracts/reference/postcodes.csv anew from the areas beside it: `node cli/synth-data/make-postcodes.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAreas } from './areas.ts';
import { inventPostcodes, postcodesCsv } from './postcodes.ts';

const folder = join(import.meta.dirname, '../../contracts/reference');
writeFileSync(join(folder, 'postcodes.csv'), postcodesCsv(inventPostcodes(readAreas(folder))));
