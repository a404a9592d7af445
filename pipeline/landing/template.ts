/** What a partner gets to begin with: an empty CSV, its description as CSVW, and a help page. All come from the contract. */
import { chosenColumns } from '../contract/load.ts';
import type { Column, FeedContract, PartnerFeed } from '../contract/model.ts';
import { escapeHtml, page } from './page.ts';

export interface Template {
  readonly csv: string;
  /** CSV on the Web metadata (W3C), to stand beside the CSV as `<name>.csv-metadata.json`. */
  readonly csvw: string;
  readonly html: string;
}

export function templateOf(contract: FeedContract, share?: PartnerFeed): Template {
  const columns = chosenColumns(contract, share);
  return {
    csv: templateCsv(contract, columns),
    csvw: csvwOf(contract, columns),
    html: helpPage(contract, columns),
  };
}

/** The header and one made-up row. */
function templateCsv({ dialect }: FeedContract, columns: readonly Column[]): string {
  const quoted = (text: string): string =>
    text.includes(dialect.delimiter) || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = [
    columns.map((column) => column.name),
    columns.map((column) => quoted(column.examples[0] ?? '')),
  ];
  return lines.map((cells) => `${cells.join(dialect.delimiter)}\r\n`).join('');
}

const CSVW_TYPES: Readonly<Record<Column['type'], string>> = {
  string: 'string',
  date: 'date',
  timestamp: 'dateTime',
  integer: 'integer',
  number: 'decimal',
  boolean: 'boolean',
};

function csvwOf(contract: FeedContract, columns: readonly Column[]): string {
  const { dialect } = contract;
  const described = columns.map((column) => ({
    name: column.name,
    titles: column.name,
    'dc:description': column.description,
    required: column.required,
    ...(column.listSeparator === null ? {} : { separator: column.listSeparator }),
    datatype: {
      base: CSVW_TYPES[column.type],
      ...(column.type === 'date' ? { format: (column.dateFormat ?? dialect.dateFormat).text } : {}),
      ...(column.codes === null ? {} : { format: allowedCodes(column).join('|') }),
      ...(column.maxLength === null ? {} : { maxLength: column.maxLength }),
    },
  }));
  const table = {
    '@context': 'http://www.w3.org/ns/csvw',
    url: `${contract.id}.csv`,
    'dc:title': contract.name,
    'dc:description': contract.grain,
    dialect: { encoding: dialect.encoding, delimiter: dialect.delimiter, header: dialect.headerRow },
    tableSchema: {
      columns: described,
      primaryKey: columns.filter((column) => column.keyPosition !== null).map((column) => column.name),
    },
  };
  return `${JSON.stringify(table, null, 2)}\n`;
}

/** Codes the law covers: the others are in the contract only so that they are recognised and refused. */
const allowedCodes = (column: Column): readonly string[] => {
  const beyond = Object.values(column.codesBeyondGateway).flat();
  return (column.codes ?? []).filter((code) => !beyond.includes(code));
};

function helpPage(contract: FeedContract, columns: readonly Column[]): string {
  const { dialect } = contract;
  const mark = dialect.delimiter === '\t' ? 'a tab' : dialect.delimiter;
  return page(
    `How to send ${contract.name}`,
    `
<h1>How to send ${escapeHtml(contract.name)}</h1>
<p class="lead">${escapeHtml(contract.purpose)}</p>
<p>${escapeHtml(contract.limitations)}</p>
<h2>How the file is written</h2>
<ul>
<li>CSV, ${escapeHtml(contract.grain.charAt(0).toLowerCase() + contract.grain.slice(1))}</li>
<li>Text in ${dialect.encoding.toUpperCase()}, cells separated by <code>${escapeHtml(mark)}</code>${dialect.headerRow ? ', the names of the columns in the first line' : ', no header'}. The order of the columns does not matter.</li>
<li>Dates as <code>${escapeHtml(dialect.dateFormat.text)}</code>. We do not guess dates written otherwise: the file comes back.</li>
<li>Cells whose value is not known stay empty.</li>
<li>A value in an optional column that cannot be used is left out with a warning, in up to ${Math.round(dialect.maxRejectRatio * 1000) / 10} % of the rows. Anything else that is wrong sends the whole file back, with a receipt that says where and what to do.</li>
<li>${dialect.nilReturnAllowed ? 'Where there is nothing to send, send the header alone and declare a nil return.' : 'There are no nil returns for this feed.'}</li>
</ul>
<h2>Full deliveries and changes</h2>
<p>A full delivery holds every row you share: a row that is missing from it is withdrawn everywhere. A delivery of changes has one more column, <code>change</code>, with <code>upsert</code> for a row that is new or corrected and <code>delete</code> for one to be taken out (only its key has to be filled).</p>
<h2 id="columns">The columns</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="columns">
<table>
<caption>${columns.length} columns. All examples are made up.</caption>
<thead><tr><th scope="col">Column</th><th scope="col">What it holds</th><th scope="col">Must be filled</th><th scope="col">Codes or example</th><th scope="col">Why we need it</th></tr></thead>
<tbody>
${columns.map(columnRow).join('\n')}
</tbody>
</table>
</div>
<h2>Check a file before you send it</h2>
<p>In the folder of the platform: <code>npx tvt check-file --contract ${escapeHtml(contract.id)} FILE</code>. The file does not leave your machine.</p>`,
  );
}

function columnRow(column: Column): string {
  const codes = allowedCodes(column);
  const shown = codes.length > 0 ? codes.join(', ') : `for example ${column.examples.join(' or ')}`;
  const must = column.keyPosition !== null ? 'Yes, and it is the key' : column.required ? 'Yes' : 'No';
  const cells = [
    `${escapeHtml(column.label)}. ${escapeHtml(column.description)}`,
    must,
    `<code>${escapeHtml(shown)}</code>`,
    escapeHtml(column.purpose),
  ];
  return `<tr><th scope="row"><code>${escapeHtml(column.name)}</code></th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}
