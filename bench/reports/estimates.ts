/**
 * `reports/estimates.{md,json,svg}`: every estimate beside synthesis, the errors of fits without it, rank correlation,
 * and the time that an estimate takes. Synthesis itself is recorded (`bench/estimates/measure.ts`).
 */
import {
  analyseTiming,
  cleanUp,
  type ErrorSummary,
  estimatedGates,
  estimateLogic,
  type Logic,
  logicOf,
  usedAndCount,
  withReuse,
} from '../../rtl-model/analysis/index.js';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import type { GateNetlist } from '../../rtl-model/hdl/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { type Agreement, agreementOf, overheadsByRun } from '../estimates/agreement.js';
import {
  type Compared,
  compareAll,
  errorsOf,
  rankOf,
  type SubjectComparison,
  type TechnologyComparison,
} from '../estimates/comparison.js';
import { writeReport } from './write-report.js';

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** A row of the summary: one technology, one group of subjects. */
function summaryRow(technology: string, group: string, subjects: readonly SubjectComparison[]): string {
  const columns = (compared: readonly Compared[]) => {
    const { meanAbsolute, worst } = errorsOf(compared);
    return `${percent(meanAbsolute)} / ${percent(worst)}`;
  };
  const areas = subjects.map(({ area }) => area);
  const periods = subjects.map(({ period }) => period);
  const stages = subjects.flatMap((subject) => subject.stages);
  const rank = (compared: readonly Compared[]) => (compared.length < 3 ? '–' : rankOf(compared).toFixed(3));
  const ranks = `${rank(areas)} | ${rank(periods)}`;
  return `| ${technology} | ${group} | ${subjects.length} | ${columns(areas)} | ${columns(periods)} | ${columns(stages)} | ${ranks} |`;
}

function summary(comparisons: readonly TechnologyComparison[]): string {
  return comparisons
    .flatMap(({ technology, subjects }) => [
      summaryRow(
        technology,
        'designs',
        subjects.filter(({ kind }) => kind === 'design'),
      ),
      summaryRow(
        technology,
        'circuits',
        subjects.filter(({ kind }) => kind === 'circuit'),
      ),
      summaryRow(technology, 'all', subjects),
    ])
    .join('\n');
}

/** The pair whose overhead the project is about. */
const PAIR = ['if4-exact49', 'nvfp4-exact'] as const;

/** How far the reference itself can be relied on. */
function agreementTable(comparisons: readonly TechnologyComparison[]): string {
  const rows = comparisons.map(({ technology, subjects }) => {
    const agreement = agreementOf(subjects);
    const overheads = overheadsByRun(subjects, PAIR);
    const [of, over] = PAIR.map((name) => subjects.find(({ subject }) => subject === name)?.period);
    const estimated = of === undefined || over === undefined ? '–' : signed(of.model / over.model - 1);
    const measured =
      overheads === undefined
        ? '– | –'
        : `${signed(overheads.median)} | ${signed(overheads.least)} to ${signed(overheads.most)}`;
    return `| ${technology} | ${agreementCells(agreement)} | ${measured} | ${estimated} |`;
  });
  return `| technology | designs, runs | half of the runs against the other: rank, mean / worst | estimate: rank | periods, longest less shortest, mean / most | IF4 over NVFP4, median | of single runs | estimate |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}`;
}

function agreementCells(agreement: Agreement | undefined): string {
  if (agreement === undefined) return '– | – | – | –';
  const { designs, runs, rank, estimateRank, spread } = agreement;
  return [
    `${designs.length}, ${runs}`,
    `${rank.mean.toFixed(3)} / ${rank.least.toFixed(3)}`,
    estimateRank.toFixed(3),
    `${percent(spread.mean)} / ${percent(spread.most)}`,
  ].join(' | ');
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;

/** A design without synthesis of its circuit of today on record: the estimate alone. */
interface Unmeasured {
  readonly technology: string;
  readonly design: string;
  readonly areaUm2: number;
  readonly periodPs: number;
}

/** Of designs that have been timed. */
function unmeasuredOf(comparisons: readonly TechnologyComparison[]): Unmeasured[] {
  const isMeasured = ({ subjects }: TechnologyComparison, design: string) =>
    subjects.some(({ subject }) => subject === design);
  return [...DESIGNS.keys()].flatMap((design) => {
    const without = comparisons.filter((comparison) => !isMeasured(comparison, design));
    if (without.length === 0) return [];
    const logic = logics.get(design)!;
    return without.map(({ technology, calibration }): Unmeasured => {
      const { area, periodPs } = estimateLogic(logic, technologyByName(technology), calibration);
      return { technology, design, areaUm2: area.areaUm2, periodPs };
    });
  });
}

function detail(
  { technology, subjects, calibration }: TechnologyComparison,
  unmeasured: readonly Unmeasured[],
): string {
  const { areaFactor, delayFactor } = calibration;
  const number = (value: number) => (value < 100 ? value.toPrecision(4) : value.toFixed(0));
  const cells = ({ synthesis, model, error }: Compared, factor: number) =>
    `${number(synthesis)} | ${number(model * factor)} | ${percent(error)}`;
  const rows = subjects.map(({ subject, runs, area, period, stages }) => {
    const list = stages.map(({ stage, error }) => `${stage} ${percent(error)}`).join(', ');
    return `| ${subject} | ${runs} | ${cells(area, areaFactor)} | ${cells(period, delayFactor)} | ${list} |`;
  });
  const alone = unmeasured
    .filter((row) => row.technology === technology)
    .map(
      ({ design, areaUm2, periodPs }) =>
        `| ${design} | none | not synthesised | ${number(areaUm2)} | – | not synthesised | ${number(periodPs)} | – | – |`,
    );
  return `### ${technology}

Factors: area ${areaFactor}, delay ${delayFactor}.

| subject | runs | area µm², synthesis | estimate | error | period ps, synthesis | estimate | error | errors of stages |
|---|---|---|---|---|---|---|---|---|
${[...rows, ...alone].join('\n')}`;
}

interface Speed {
  readonly design: string;
  readonly cells: number;
  /** ANDs before the clean-up, and how many of them it looks at: copies of an instance are looked at once. */
  readonly ands: number;
  readonly ownAnds: number;
  /** Processor time in ms: the gates, clean-up, mapping with sizing, and timing once mapped. */
  readonly gatesMs: number;
  readonly cleanUpMs: number;
  readonly implementMs: number;
  readonly timingMs: number;
}

/** Cleaned-up logic of designs that have been timed. */
const logics = new Map<string, Logic>();

function speedOf(name: string): Speed {
  const technology = technologyByName('asap7');
  const [gates, gatesMs] = timed(() => estimatedGates(createDesign(name).netlist));
  const [logic, cleanUpMs] = timed(() => cleanUp(gates));
  logics.set(name, logic);
  const [estimate, implementMs] = timed(() => estimateLogic(logic, technology));
  const timings = Array.from({ length: 9 }, () => timed(() => analyseTiming(estimate.netlist))[1]);
  const timingMs = timings.sort((a, b) => a - b)[4]!;
  const times = { gatesMs, cleanUpMs, implementMs, timingMs };
  return { design: name, cells: estimate.area.cells, ...andCounts(gates), ...times };
}

function andCounts(gates: GateNetlist): Pick<Speed, 'ands' | 'ownAnds'> {
  const logic = logicOf(gates);
  let ownAnds = 0;
  withReuse(logic, (own) => {
    ownAnds = usedAndCount(own);
    return own;
  });
  return { ands: usedAndCount(logic), ownAnds };
}

function timed<T>(work: () => T): [result: T, milliseconds: number] {
  const start = process.cpuUsage().user;
  const result = work();
  return [result, (process.cpuUsage().user - start) / 1000];
}

function speedTable(speeds: readonly Speed[]): string {
  const row = ({ design, cells, ands, ownAnds, gatesMs, cleanUpMs, implementMs, timingMs }: Speed) => {
    const total = (gatesMs + cleanUpMs + implementMs) / 1000;
    return `| ${design} | ${ands} | ${ownAnds} | ${cells} | ${gatesMs.toFixed(0)} | ${cleanUpMs.toFixed(0)} | ${implementMs.toFixed(0)} | ${timingMs.toFixed(1)} | ${total.toFixed(2)} |`;
  };
  return `| design | ANDs | cleaned up | cells | gates ms | clean-up ms | mapping and sizing ms | timing once mapped ms | estimate s |
|---|---|---|---|---|---|---|---|---|
${speeds.map(row).join('\n')}`;
}

/** Errors as points: one row a technology, one panel a quantity. */
async function picture(comparisons: readonly TechnologyComparison[]): Promise<string> {
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  const values = comparisons.flatMap(({ technology, subjects }) =>
    subjects.flatMap(({ kind, area, period }) => [
      { technology, kind, quantity: 'area', error: 100 * area.error },
      { technology, kind, quantity: 'period', error: 100 * period.error },
    ]),
  );
  const { spec } = compile({
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    data: { values },
    facet: { column: { field: 'quantity', type: 'nominal', title: null } },
    spec: {
      width: 320,
      height: 170,
      mark: { type: 'point', filled: true, size: 55, opacity: 0.7 },
      encoding: {
        y: { field: 'technology', type: 'nominal', title: null },
        x: { field: 'error', type: 'quantitative', title: 'estimate off synthesis, %, fitted without it' },
        color: { field: 'kind', type: 'nominal', title: null },
        shape: { field: 'kind', type: 'nominal', title: null },
      },
    },
  });
  return new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG();
}

/** How far the ratio of two designs is off, over all pairs. */
function ratioTable(comparisons: readonly TechnologyComparison[]): string {
  const text = ({ meanAbsolute, worst }: ErrorSummary) => `${percent(meanAbsolute)} / ${percent(worst)}`;
  const rows = comparisons.map(({ technology, calibration }) => {
    const { area, delay } = calibration.errors!.ratios;
    return `| ${technology} | ${text(area)} | ${text(delay)} |`;
  });
  return `| technology | ratio of areas | ratio of periods |
|---|---|---|
${rows.join('\n')}`;
}

function missingText(missing: readonly string[]): string {
  return missing.length === 0
    ? "Every design has recorded synthesis of today's circuit on every technology."
    : `Designs without recorded synthesis of today's circuit on some technology: ${missing.join(', ')}; their rows say so.`;
}

const comparisons = compareAll();
const speeds = [...DESIGNS.keys()].map(speedOf);
const unmeasured = unmeasuredOf(comparisons);
const missing = [...new Set(unmeasured.map(({ design }) => design))];
const { yosys, sta } = comparisons[0]!.tools;
writeReport('estimates.json', JSON.stringify({ comparisons, unmeasured, speeds }, null, 1));
writeReport('estimates.svg', await picture(comparisons));
writeReport(
  'estimates.md',
  `# Estimates against synthesis

Estimates of \`fp4sim estimate\` beside yosys ${yosys} with abc and OpenSTA ${sta} on the emitted SystemVerilog: no wires, an
ideal clock, a clock target that cannot be met; medians of runs with perturbed names. Every error is that of an estimate
whose two factors (area, delay) were fitted without the subject it is judged on. Mean absolute error / worst; rank
correlation by Spearman. The floor is 10 % / 20 % for area, 15 % / 30 % for delay, 0.95 for ranks.

![errors](estimates.svg)

| technology | subjects | number | area | period | stages | rank, area | rank, period |
|---|---|---|---|---|---|---|---|
${summary(comparisons)}

${missingText(missing)}

## Of two designs

How far the ratio of one design to another is off synthesis, over all pairs of designs, mean absolute / worst. Factors do not
matter to it. Designs that differ by less may be the other way round.

${ratioTable(comparisons)}

## What the reference says of itself

Runs of one design differ in the order of names alone. Of the designs with four runs or more, the medians of one half of
the runs are ranked against those of the other half, over all ways to halve them: an estimate that knew everything but
the order of names would come out about there, a little higher as all runs together are steadier. Where that is below
0.95, the floor asks for more than the reference itself gives. The last columns are the period of \`${PAIR[0]}\` over that of \`${PAIR[1]}\`, over all pairs of a run of
each.

${agreementTable(comparisons)}

## Where the time of an estimate goes

Processor time on one core, each design once, ASAP7, one after the other in one process, nothing kept; the first one
includes start-up. *Cleaned up*: ANDs without those of copies of an instance, which are looked at once. Whole commands:
[estimate-time.md](estimate-time.md).

${speedTable(speeds)}

## Subjects

${comparisons.map((comparison) => detail(comparison, unmeasured)).join('\n\n')}
`,
);
