/** Every promise about the synthesised cloud, in one process: synthesis takes seconds, so all of them share one. */
import './access-functions.ts';
import './access-people.ts';
import './bundle-functions.ts';
import './catalogue-tables.ts';
import './functions-settings.ts';
import './keys-use.ts';
import './partners-from-files.ts';
import './region-london.ts';
import './stacks-shape.ts';
import './workflows-calendar.ts';
import './zones-buckets.ts';
