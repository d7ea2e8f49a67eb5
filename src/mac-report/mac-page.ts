/**
 * The comparison of MACs as one HTML file that needs nothing else: readable on a phone, in print, light and dark, with a
 * table that sorts by its columns and tooltips on every figure.
 */
import {
  DENOMINATORS,
  type MacComparison,
  type MacFigures,
  type Overhead,
  TRADES,
} from '../compare/index.js';
import { MAC_COLUMNS } from './mac-columns.js';
import {
  escapeHtml,
  moduleBars,
  pipelineDrawing,
  timingDrawing,
  timingWave,
  tradeScatter,
} from './mac-drawings.js';
import { macFindings, signed } from './mac-findings.js';
import { errorText } from './mac-report.js';

const STYLE = `
:root{color-scheme:light dark;--ink:#1c1e21;--soft:#5b6270;--line:#d9dce1;--paper:#fff;--mark:#0b57d0;--hot:#b3261e;
--c0:#7aa6f0;--c1:#f0b27a;--c2:#86c98b;--c3:#c9a3e6;--c4:#e38b94;--c5:#9db2bf}
@media (prefers-color-scheme:dark){:root{--ink:#e7e9ec;--soft:#a2a9b5;--line:#3a3f47;--paper:#16181c;--mark:#8ab4f8;
--hot:#f2b8b5;--c0:#3f6fc0;--c1:#a8682f;--c2:#3f8747;--c3:#7d55a0;--c4:#a1434e;--c5:#566a77}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem;margin-bottom:.3rem}
.soft{color:var(--soft)}.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{padding:.35rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--paper)}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid var(--mark)}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
.drawings{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem}
figure{margin:0;overflow-x:auto}figcaption{font-weight:600;margin-bottom:.4rem}
svg{width:100%;min-width:30rem;height:auto;display:block}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg .inside{font-size:11px;pointer-events:none}
.grid{stroke:var(--line)}.leader{stroke:var(--soft);stroke-width:.7}.limit{stroke:var(--hot);stroke-dasharray:4 3}.front-line{fill:none;stroke:var(--mark);stroke-width:1.5}
.point{fill:var(--paper);stroke:var(--soft);stroke-width:1.5}.point.front{fill:var(--mark);stroke:var(--mark)}
.part{stroke:var(--paper)}.p0{fill:var(--c0)}.p1{fill:var(--c1)}.p2{fill:var(--c2)}.p3{fill:var(--c3)}.p4{fill:var(--c4)}.p5{fill:var(--c5)}
details{font-size:.8rem}.wave{white-space:pre-wrap;overflow-wrap:anywhere}
@media print{details{display:none}body{max-width:none;font-size:10pt}.scroll{overflow:visible;border:0}table{font-size:7pt}th,td{padding:.15rem .25rem}figure,tr{break-inside:avoid}}
`;

/** Sorts a table by the column whose head was pressed; numbers as numbers. */
const SCRIPT = `
for (const table of document.querySelectorAll('table')) {
  for (const [i, head] of [...table.tHead.rows[0].cells].entries()) {
    const button = head.querySelector('button');
    if (button === null) continue;
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const key = (row) => row.cells[i].dataset.order;
      const compare = (x, y) => {
        const [a, b] = [key(x), key(y)];
        const difference = Number(a) - Number(b);
        return Number.isNaN(difference) ? a.localeCompare(b) : difference;
      };
      const rows = [...table.tBodies[0].rows].sort((x, y) => (up ? compare(x, y) : compare(y, x)));
      table.tBodies[0].append(...rows);
    });
  }
}
`;

/** The whole file. */
export function macPage(
  comparison: MacComparison,
  overheads: readonly Overhead[],
  checked: ReadonlyMap<string, string>,
): string {
  const { rows, technologies, operands } = comparison;
  const first = rows.filter(({ technology }) => technology === technologies[0]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,"><title>MAC designs compared</title><style>${STYLE}</style></head><body>
<h1>MAC designs compared</h1>
${macFindings(comparison, overheads).map(paragraph).join('\n')}
<p class="soft">Estimates of the project's own netlists; ${escapeHtml(errorText(first))} Energy and accuracy on ${escapeHtml(operands.join('; '))}. Press a column's head to sort.</p>
${figureTable(rows)}
${overheads.length === 0 ? '' : `<h2>Overheads over ${escapeHtml(overheads[0]!.over)}</h2>${overheadTable(overheads)}`}
<h2>Trade-offs in ${escapeHtml(technologies[0]!)}</h2>
<div class="drawings">${TRADES.map((trade) => figure(trade.name, tradeScatter(trade, first))).join('')}
${figure('area by module', moduleBars(first))}</div>
<h2>Pipelines</h2>
${paragraph('The delay of each stage against the period (dashed), and the bits of its registers; below, which slice is in which stage in each cycle.')}
<div class="drawings">${first.map(pipelineFigures).join('')}</div>
<h2>What was checked</h2>
<ul>${first.map(({ design }) => `<li>${escapeHtml(design)}: ${escapeHtml(checked.get(design) ?? 'nothing')}</li>`).join('')}</ul>
<script>${SCRIPT}</script></body></html>
`;
}

const paragraph = (sentence: string) => `<p>${escapeHtml(sentence)}</p>`;

function figure(caption: string, drawing: string): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption>${drawing}</figure>`;
}

function pipelineFigures(row: MacFigures): string {
  return figure(
    row.design,
    `${pipelineDrawing(row)}${timingDrawing(row)}<details><summary>WaveDrom</summary><pre class="wave">${escapeHtml(timingWave(row))}</pre></details>`,
  );
}

function figureTable(rows: readonly MacFigures[]): string {
  const heads = MAC_COLUMNS.map(
    ({ title, meaning }) =>
      `<th scope="col" title="${escapeHtml(meaning)}"><button type="button">${escapeHtml(title)}</button></th>`,
  );
  const body = rows.map((row) => {
    const cells = MAC_COLUMNS.map(
      ({ text, order, meaning }) =>
        `<td data-order="${escapeHtml(String(order(row)))}" title="${escapeHtml(meaning)}">${escapeHtml(text(row))}</td>`,
    );
    return `<tr title="${escapeHtml(row.summary)}">${cells.join('')}</tr>`;
  });
  return tableHtml(heads, body);
}

function overheadTable(overheads: readonly Overhead[]): string {
  const titles = ['design', 'technology', ...DENOMINATORS, 'period', 'energy'];
  const heads = titles.map((title) => `<th scope="col"><button type="button">${title}</button></th>`);
  const body = overheads.map((row) => {
    const ratios = [...DENOMINATORS.map((by) => row.size[by]), row.period, row.energy];
    const names = [row.design, row.technology].map(
      (name) => `<td data-order="${escapeHtml(name)}">${escapeHtml(name)}</td>`,
    );
    return `<tr>${names.join('')}${ratios.map((ratio) => `<td data-order="${ratio}">${signed(ratio)}</td>`).join('')}</tr>`;
  });
  return tableHtml(heads, body);
}

function tableHtml(heads: readonly string[], body: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
