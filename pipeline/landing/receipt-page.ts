/** The receipt as one accessible page that loads nothing from elsewhere. */
import type { Fault } from './fault.ts';
import { escapeHtml, page } from './page.ts';
import type { Receipt } from './receipt-of.ts';

/** Faults shown for one rule on the page; the CSV beside it has more. */
const SHOWN_PER_RULE = 50;

const number = (value: number): string => value.toLocaleString('en-GB');

export function receiptPage(receipt: Receipt): string {
  const { accepted, counts, feedName, partnerName } = receipt;
  const outcome = accepted ? 'accepted' : 'not accepted';
  const body = `
<h1>Your file was ${outcome}</h1>
${accepted ? '' : errorSummary(receipt)}
<p class="lead">${escapeHtml(receipt.summary)}</p>
${details(receipt)}
${counts.errors > 0 ? faultTable('errors', 'What has to be put right', receipt.errors, receipt.counts.errorsByRule) : ''}
${counts.warnings > 0 ? faultTable('warnings', accepted ? 'What was done to load it' : 'What else was noticed', receipt.warnings, receipt.counts.warningsByRule) : ''}
<h2>What happens next</h2>
${next(receipt)}
<p>Values are shown only by their shape: letters as A or a, digits as 9. The receipt is also there as CSV, in the order of your file.</p>`;
  return page(`${accepted ? '' : 'Error: '}Receipt for ${feedName} from ${partnerName}`, body);
}

function errorSummary({ counts }: Receipt): string {
  const rules = Object.entries(counts.errorsByRule).map(([rule, count]) => `${number(count)} × ${rule}`);
  return `<div class="error-summary" role="alert" aria-labelledby="problem" tabindex="-1">
<h2 id="problem">There is a problem</h2>
<p>Nothing of this file was loaded, so that no part of it stands without the rest.</p>
<p><a href="#errors">See ${number(counts.errors)} ${counts.errors === 1 ? 'thing' : 'things'} to put right</a> (${escapeHtml(rules.join(', '))}).</p>
</div>`;
}

const KINDS = { full: 'Full delivery', changes: 'Changes', nil: 'Nil return' } as const;

function details(receipt: Receipt): string {
  const lines: readonly (readonly [string, string])[] = [
    ['From', receipt.partnerName],
    ['Feed', `${receipt.feedName} (contract ${receipt.contractVersion})`],
    ['Kind', KINDS[receipt.kind]],
    ['Delivery', receipt.deliveryId],
    ['Extract taken on', receipt.extracted ?? 'not stated'],
    ['Checked at', receipt.judgedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')],
    ['Rows in the file', number(receipt.counts.rows)],
    ['Rows loaded', number(receipt.counts.loaded)],
  ];
  const terms = lines.map(([term, text]) => `<div><dt>${term}</dt><dd>${escapeHtml(text)}</dd></div>`);
  return `<dl class="summary">${terms.join('')}</dl>`;
}

function next({ accepted, warnings }: Receipt): string {
  if (!accepted) {
    return '<p>Put the problems right in your own system, export the file again and upload it. What was loaded from you before stays in force until then.</p>';
  }
  return warnings.length === 0
    ? '<p>You need do nothing.</p>'
    : '<p>You need do nothing now. If you mend what is listed in your own system, the next delivery will bring it.</p>';
}

function faultTable(
  id: string,
  title: string,
  faults: readonly Fault[],
  byRule: Readonly<Record<string, number>>,
): string {
  const shownByRule = new Map<string, number>();
  const shown = faults.filter((fault) => {
    const before = shownByRule.get(fault.rule) ?? 0;
    shownByRule.set(fault.rule, before + 1);
    return before < SHOWN_PER_RULE;
  });
  const total = Object.values(byRule).reduce((sum, count) => sum + count, 0);
  const rest = total > shown.length ? `<p>${number(shown.length)} of ${number(total)} are shown.</p>` : '';
  return `<h2 id="${id}">${title}</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}">
<table>
<caption>In the order of your file</caption>
<thead><tr><th scope="col">Line</th><th scope="col">Row</th><th scope="col">Column</th><th scope="col">What is wrong</th><th scope="col">What to do</th><th scope="col">Rule</th></tr></thead>
<tbody>
${shown.map(faultRow).join('\n')}
</tbody>
</table>
</div>
${rest}`;
}

function faultRow(fault: Fault): string {
  const column = [fault.column ?? '', fault.letter === null ? '' : `(${fault.letter})`].join(' ').trim();
  const value =
    fault.value === null || fault.value === ''
      ? ''
      : ` <span class="value">${escapeHtml(fault.value)}</span>`;
  const cells = [
    escapeHtml(column),
    `${escapeHtml(sentence(fault.problem))}${value}`,
    escapeHtml(fault.remedy),
    escapeHtml(fault.rule),
  ];
  const whole = 'whole file';
  return `<tr><th scope="row">${fault.line === null ? whole : number(fault.line)}</th><td>${fault.record === null ? '' : fault.record === 0 ? 'header' : number(fault.record)}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

/** `is not a date` → `The value is not a date.` */
function sentence(problem: string): string {
  const whole = /^(is|holds|seems|has) /.test(problem) ? `the value ${problem}` : problem;
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}.`;
}
