/** The comparison of MACs as Markdown. */
import type { ErrorSummary } from '../../rtl-model/analysis/index.js';
import {
  BUFFER_BITS_PER_ELEMENT,
  DENOMINATORS,
  frontOf,
  type MacComparison,
  type MacFigures,
  NAND2_PER_BUFFER_BIT,
  type Overhead,
  TRADES,
} from '../compare/index.js';
import { percent } from '../text/index.js';
import { MAC_COLUMNS } from './mac-columns.js';
import { macFindings, signed } from './mac-findings.js';

/** The report. `checked` says for each design what was compared with its oracle. */
export function macReport(
  comparison: MacComparison,
  overheads: readonly Overhead[],
  checked: ReadonlyMap<string, string>,
): string {
  const { rows, operands, technologies } = comparison;
  const [technology] = technologies;
  const first = rows.filter((row) => row.technology === technology);
  return [
    '# MAC designs compared',
    macFindings(comparison, overheads).join(' '),
    `Estimates of the project's own netlists; ${errorText(first)} Energy and accuracy on ${operands.join('; ')}.`,
    markdownTable(
      MAC_COLUMNS.map(({ title }) => title),
      rows.map((row) => MAC_COLUMNS.map(({ text }) => text(row))),
    ),
    ...(overheads.length === 0 ? [] : [overheadSection(overheads)]),
    '## Fronts',
    ...TRADES.map((trade) => {
      const names = frontOf(trade, first).map(({ design }) => design);
      return `- ${trade.name} (${technology}): ${names.join(', ')}`;
    }),
    '## Accuracy by tensors',
    markdownTable(
      ['design', ...operands],
      first.map(({ design, accuracy }) => [
        design,
        ...accuracy.map(({ sqnrDb }) => `${sqnrDb.toFixed(2)} dB`),
      ]),
    ),
    '## Area by module',
    ...first.map(moduleSection),
    '## Stages',
    ...first.map(stageSection),
    '## What was checked',
    ...first.map(({ design }) => `- ${design}: ${checked.get(design) ?? 'nothing'}`),
  ].join('\n\n');
}

export function errorText(rows: readonly MacFigures[]): string {
  const errors = rows[0]?.estimate.errors;
  if (errors === undefined) return 'this technology was never compared with synthesis.';
  const { area, delay, ratios } = errors;
  return `against synthesis, ${offText('area', area)}, ${offText('delay', delay)}; of two designs, ${offText('the ratio of areas', ratios.area)}, ${offText('that of periods', ratios.delay)}: what differs by less may be the other way round.`;
}

function offText(name: string, { meanAbsolute, worst }: ErrorSummary): string {
  return `${name} is off by ${percent(meanAbsolute)} on average and ${percent(worst)} at worst`;
}

function overheadSection(overheads: readonly Overhead[]): string {
  const text = `## Overheads over ${overheads[0]!.over}

Tensor core: the block MAC with ${Math.round(BUFFER_BITS_PER_ELEMENT)} bits of shared and tensor memory an element, ${NAND2_PER_BUFFER_BIT} NAND2 a bit.`;
  const rows = overheads.map((row) => [
    row.design,
    row.technology,
    ...DENOMINATORS.map((by) => signed(row.size[by])),
    signed(row.period),
    signed(row.energy),
  ]);
  return `${text}\n\n${markdownTable(['design', 'technology', ...DENOMINATORS, 'period', 'energy'], rows)}`;
}

function moduleSection({ design, estimate }: MacFigures): string {
  const rows = estimate.modules.map(({ module, instances, areaUm2, share }) => [
    module,
    String(instances),
    areaUm2.toFixed(1),
    `${(100 * share).toFixed(1)} %`,
  ]);
  return `### ${design}\n\n${markdownTable(['module', 'instances', estimate.technology.units.area, 'share'], rows)}`;
}

function stageSection({ design, stages, estimate }: MacFigures): string {
  const rows = stages.map(({ stage, bits, delayPs }) => [stage, String(bits), delayPs?.toFixed(0) ?? '–']);
  return `### ${design}\n\n${markdownTable(['stage', 'register bits', estimate.technology.units.delay], rows)}`;
}

export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
