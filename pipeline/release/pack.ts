/** The report pack a recipient gets: one accessible page that loads nothing, the same table as CSV, and rows for Athena. */

import { createHash } from 'node:crypto';

import { tableCsv } from './csv.ts';
import { chartFigure, keyMessage, mapFigure, tableFigures } from './figures.ts';
import { html, type Html } from './html.ts';
import { districtFeatures } from './map.ts';
import { SYMBOL } from './protect.ts';
import { releasedCells, type ReleasedCell } from './released-cells.ts';
import type { Release } from './release-facts.ts';
import { STYLES } from './styles.ts';
import { SUM_OF_PRINTED } from './table.ts';

export interface Pack {
  readonly 'index.html': string;
  readonly 'table.csv': string;
  readonly cells: readonly ReleasedCell[];
}

/** Uses printed values only: the unrounded table is not among its arguments. */
export function renderPack(release: Release): Pack {
  return {
    'index.html': page(release),
    'table.csv': tableCsv(release.table),
    cells: releasedCells(release),
  };
}

const SECTIONS = [
  ['chart', 'Chart'],
  ['map', 'Map'],
  ['tables', 'Tables'],
  ['withheld', 'What was withheld and why'],
  ['making', 'How the figures were made'],
  ['agreement', 'The agreement behind the numbers'],
  ['age', 'Age of the data'],
] as const;
type SectionId = (typeof SECTIONS)[number][0];

function page(release: Release): string {
  const { report } = release;
  const styleHash = createHash('sha256').update(STYLES).digest('base64');
  // Nothing may be loaded or run, and nothing sent: the page is data about the most vulnerable, even when rounded.
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const bodies: Readonly<Record<SectionId, Html>> = {
    chart: chartFigure(release),
    map: mapFigure(release, districtFeatures(release.districts)),
    tables: tableFigures(release),
    withheld: withheldSection(release),
    making: makingSection(release),
    agreement: agreementSection(release),
    age: ageSection(release),
  };
  return html`<!doctype html>
    <html lang="en-GB">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="data:," />
        <title>${report.title}, ${release.period.id} – Thames Valley Together</title>
        <style>${{ html: STYLES }}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to main content</a>
        <header>
          <div class="wrap">
            <p class="service">Thames Valley Together</p>
            <p class="handling">${handling(release)}</p>
          </div>
        </header>
        <main id="main" class="wrap" tabindex="-1">
          <h1>${report.title}</h1>
          ${summary(release)}
          <nav class="contents" aria-label="Contents">
            <h2>Contents</h2>
            <ol>
              ${SECTIONS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ol>
          </nav>
          ${SECTIONS.map(
            ([id, title]) =>
              html`<section id="${id}" aria-labelledby="${id}-heading">
                <h2 id="${id}-heading">${title}</h2>
                ${bodies[id]}
              </section> `,
          )}
        </main>
        <footer>
          <div class="wrap">
            <p>${handling(release)}</p>
            <p>
              Boundaries and area names: Office for National Statistics, licensed under the Open Government
              Licence v3.0. Contains OS data © Crown copyright and database right.
            </p>
            <p>Release ${release.release}.</p>
          </div>
        </footer>
      </body>
    </html> `.html;
}

const handling = ({ report, partnerNames }: Release): string =>
  `OFFICIAL. For the agreed recipients only: ${report.recipients
    .map(({ partner, role }) => `${partnerNames[partner] ?? partner} (${role})`)
    .join(', ')}. Do not publish, pass on or try to identify anyone.`;

function summary(release: Release): Html {
  const { report, period, table } = release;
  return html`${keyMessage(release)}
    <dl class="facts">
      <dt>Purpose</dt>
      <dd>${report.purpose}</dd>
      <dt>Period covered</dt>
      <dd>${day(period.start)} to ${day(dayBefore(period.end))}</dd>
      <dt>Released</dt>
      <dd>${day(release.releasedAt)}</dd>
      <dt>Report</dt>
      <dd>
        Level ${report.level}, version ${report.version}, definition
        <code>${short(release.definition.digest)}</code>
      </dd>
      <dt>Serious violence means</dt>
      <dd>
        ${release.seriousViolence.title} (<code>${release.seriousViolence.id}</code>):
        ${release.seriousViolence.statement}
      </dd>
      <dt>Withheld</dt>
      <dd>${share(table.counts)}</dd>
    </dl>`;
}

const share = ({ all, withheld }: { readonly all: number; readonly withheld: number }): string =>
  `${withheld.toLocaleString('en-GB')} of ${all.toLocaleString('en-GB')} counts (${all === 0 ? 0 : Math.round((100 * withheld) / all)}%)`;

function withheldSection({ report, table }: Release): Html {
  const { threshold, round_to, rates } = report.disclosure;
  const parts = report.disclosure.measures.some(({ part_of }) => part_of !== undefined);
  const adds = report.disclosure.totals === SUM_OF_PRINTED;
  return html`<p>
      <strong>${share(table.counts)} are withheld</strong> and shown as ${SYMBOL}, totals and rates not
      counted. One symbol stands for every reason, so that the reason gives nothing away.
    </p>
    <ul>
      <li>
        A count is withheld when fewer than ${threshold} different persons stand behind it, because a person
        could be recognised in it.
      </li>
      <li>A count that would round to 0 is withheld too. A printed 0 means that there were none.</li>
      ${parts ? html`<li>A part of a whole is withheld when fewer than ${threshold} persons of the whole are outside the part, or none.</li>` : null}
      <li>Every other count is rounded to the nearest ${round_to}.</li>
      ${adds ? html`<li>A total is the sum of the printed, rounded figures. What is withheld is not in it, so it is smaller than the true total, and nothing can be worked out by subtraction. Where nothing but zeros and withheld figures would be added, the total is withheld.</li>` : html`<li>There are no totals: ${report.disclosure.totals.replace(/^none, /, '')}.</li>`}${rates === undefined ? null : html`<li>A rate is made from the printed figures alone, and withheld where one of them is withheld or the number it is taken among is below ${report.disclosure.minimum_denominator ?? 30}.</li>`}
      <li>
        Before release a second, separate program tried to work out each withheld count from everything
        printed here, and could not narrow any of them to a range of less than ${threshold}.
      </li>
    </ul>`;
}

function makingSection({ report, definition }: Release): Html {
  return html`<ul>
      ${report.notes.map((note) => html`<li>${note}</li>`)}
      <li>Areas: ${report.geography.unit}, boundaries of ${report.geography.vintage}.</li>
      <li>Records whose processing is restricted are in no figure.</li>
    </ul>
    <p>
      The same figures are in <code>table.csv</code> beside this page: one row for each cell, ${SYMBOL} where
      withheld.
    </p>
    <details>
      <summary>The exact query the partners agreed</summary>
      <pre tabindex="0" aria-label="SQL of the report"><code>${definition.sql}</code></pre>
    </details>`;
}

function agreementSection({ report, definition, agreedBy }: Release): Html {
  const rows = agreedBy.map(
    ({ name, signer, signedAt, expires }) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${signer}</td>
        <td>${day(signedAt)}</td>
        <td>${day(expires)}</td>
      </tr>`,
  );
  return html`<p>
      Every partner in force signed this exact definition before the query ran, and the signatures were
      checked again just before release.
    </p>
    <dl class="facts">
      <dt>Definition</dt>
      <dd>${report.id}, version ${report.version}, <code>${short(definition.digest)}</code></dd>
      <dt>Register of partners</dt>
      <dd><code>${short(definition.registerDigest)}</code></dd>
      <dt>Expires</dt>
      <dd>${day(definition.expires)}, at the six-monthly review</dd>
      <dt>Lawful basis</dt>
      <dd>${report.lawful_basis}</dd>
      <dt>Gateway</dt>
      <dd>${report.gateway}</dd>
    </dl>
    <div class="table-scroll" role="region" tabindex="0" aria-label="Agreement of the partners">
      <table>
        <caption>
          Who agreed
        </caption>
        <thead>
          <tr>
            <th scope="col">Partner</th>
            <th scope="col">Approver</th>
            <th scope="col">Agreed on</th>
            <th scope="col">Agreed until</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function ageSection({ snapshot, partnerNames, releasedAt }: Release): Html {
  const rows = Object.entries(snapshot.extracted)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([source, extracted]) => {
      const [partner = '', feed = ''] = source.split('/');
      const age = extracted === null ? 'not stated' : days(extracted, releasedAt);
      return html`<tr>
        <th scope="row">${partnerNames[partner] ?? partner}</th>
        <td>${feed.replaceAll('-', ' ')}</td>
        <td>${extracted === null ? 'not stated' : day(extracted)}</td>
        <td>${age}</td>
      </tr>`;
    });
  return html`<p>
      The figures were made from one snapshot of the linked tables, <code>${snapshot.snapshot}</code>,
      published ${day(snapshot.publishedAt)}.
    </p>
    <div class="table-scroll" role="region" tabindex="0" aria-label="Age of the data by partner">
      <table>
        <caption>
          Newest extract of each partner
        </caption>
        <thead>
          <tr>
            <th scope="col">Partner</th>
            <th scope="col">Feed</th>
            <th scope="col">Taken at source</th>
            <th scope="col">Age at release</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function days(from: string, to: string): string {
  const count = Math.floor((Date.parse(to.slice(0, 10)) - Date.parse(from.slice(0, 10))) / 86_400_000);
  return count === 1 ? '1 day' : `${count} days`;
}

const short = (digest: string): string => digest.slice(0, 12);
const dayBefore = (date: string): string =>
  new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
const day = (instant: string): string =>
  new Date(instant).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
