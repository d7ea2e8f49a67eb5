/** Estimates as text: every figure with its error bar, the source of the table, and what was checked. */
import type {
  DesignEstimate,
  ErrorSummary,
  PathSection,
  StageEstimate,
} from '../../rtl-model/analysis/index.js';
import type { SynthesisResult } from '../../rtl-model/synthesis/index.js';
import type { Technology } from '../../rtl-model/technology/index.js';
import { integer, percent, table } from '../text/index.js';

/** Estimates of one or several designs, one after the other. `checked` says for each what its check was. */
export function estimateReport(
  estimates: readonly DesignEstimate[],
  checked: readonly string[],
  { byModule }: { readonly byModule: boolean },
): string {
  return estimates.map((estimate, i) => one(estimate, checked[i]!, byModule)).join('\n\n');
}

function one(estimate: DesignEstimate, checked: string, byModule: boolean): string {
  const { technology } = estimate;
  return [
    estimate.configuration,
    `  technology  ${technology.name}: ${technology.title}`,
    `  source      ${technology.source}${technology.date === '' ? '' : `, ${technology.date}`}; ${technology.licence}`,
    `  checked     ${checked}`,
    '',
    table(figuresOf(estimate), [
      { title: 'figure', value: ({ name }) => name },
      { title: 'value', value: ({ value }) => value, align: 'right' },
      { title: 'unit', value: ({ unit }) => unit },
      { title: 'mean error, worst', value: ({ error }) => error },
    ]),
    '',
    ...stageLines(estimate),
    ...(byModule ? ['', moduleTable(estimate)] : []),
    '',
    `  ${errorNote(estimate)}`,
  ].join('\n');
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly unit: string;
  readonly error: string;
}

function figuresOf(estimate: DesignEstimate): Figure[] {
  const { technology, errors, energy, pipeline } = estimate;
  const area = barOf(errors?.area);
  const delay = barOf(errors?.delay);
  const row = (name: string, value: string, unit: string, error = ''): Figure => ({
    name,
    value,
    unit,
    error,
  });
  const unitless = technology.units.delay === 'FO4';
  const period = unitless ? estimate.periodPs.toFixed(1) : integer(Math.round(estimate.periodPs));
  return [
    row('area', number(estimate.areaUm2), technology.units.area, area),
    row('area', integer(Math.round(estimate.nand2e)), 'NAND2 equivalents', area),
    row('cells', integer(estimate.cells), ''),
    row('flip-flops', integer(estimate.flipFlops), ''),
    row('period', period, technology.units.delay, delay),
    ...(unitless ? [] : [row('clock', (1e6 / estimate.periodPs).toFixed(0), 'MHz', delay)]),
    row('latency', String(estimate.latencyCycles), 'cycles'),
    ...(pipeline === undefined
      ? []
      : [
          row('pipelined: area', number(pipeline.areaUm2), technology.units.area, area),
          row('pipelined: period', number(pipeline.periodPs), technology.units.delay, delay),
          row('pipelined: latency', String(pipeline.latencyCycles), 'cycles'),
          row('pipelined: registers', integer(pipeline.registerBits), 'bits'),
          row('least period of loops', number(pipeline.loopPeriodPs), technology.units.delay, delay),
        ]),
    ...(energy === undefined
      ? []
      : [
          row('energy', number(energy.perMacFj), 'fJ a MAC', 'not calibrated'),
          row('energy', number(energy.totalFj), 'fJ a cycle', 'not calibrated'),
        ]),
    row('leakage', number(estimate.leakageNw / 1000), 'µW', 'not calibrated'),
  ];
}

function barOf(error: ErrorSummary | undefined): string {
  return error === undefined ? 'never compared' : `± ${percent(error.meanAbsolute)}, ${percent(error.worst)}`;
}

/** Three digits, or whole numbers beyond. */
function number(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? integer(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function stageLines({ stages, technology }: DesignEstimate): string[] {
  return stages
    .filter(({ stage }, i) => stage !== undefined || i === 0)
    .flatMap(({ stage, delayPs, endpoint, path }: StageEstimate) => [
      `  ${stage ?? 'outputs'}: ${number(delayPs)} ${technology.units.delay}, longest path to ${endpoint}`,
      ...path.map((section) => `    ${sectionText(section, technology.units.delay)}`),
    ]);
}

function sectionText({ instance, module, nets, cells, delayPs }: PathSection, unit: string): string {
  const where = instance === '' ? module : `${instance} (${module})`;
  const through = nets.length === 0 ? '' : `  ${shortened(nets).join(' → ')}`;
  return `${number(delayPs).padStart(7)} ${unit}  ${String(cells).padStart(3)} cells  ${where}${through}`;
}

/** First and last names of a long list. */
function shortened(names: readonly string[]): readonly string[] {
  return names.length <= 6 ? names : [...names.slice(0, 3), '…', ...names.slice(-2)];
}

function moduleTable({ modules, technology }: DesignEstimate): string {
  return table(modules, [
    { title: 'module', value: ({ module }) => module },
    { title: 'instances', value: ({ instances }) => instances },
    { title: technology.units.area, value: ({ areaUm2 }) => number(areaUm2), align: 'right' },
    { title: 'NAND2e', value: ({ nand2e }) => Math.round(nand2e) },
    { title: 'share', value: ({ share }) => percent(share), align: 'right' },
    { title: 'flip-flops', value: ({ flipFlops }) => flipFlops },
  ]);
}

function errorNote({ errors, technology, energy }: DesignEstimate): string {
  const operands =
    energy === undefined ? '' : ` Energy on ${energy.operands}: toggles, no glitches, no clock tree.`;
  if (errors === undefined) {
    return `No wires. The technology ${technology.name} was never compared with synthesis.${operands}`;
  }
  return `No wires. Errors: estimates of ${errors.circuits} circuits and designs against yosys, abc and OpenSTA, each left out of the fit.${operands}`;
}

/** The technologies as a list. */
export function technologyList(technologies: readonly Technology[]): string {
  return table(technologies, [
    { title: 'technology', value: ({ name }) => name },
    { title: 'NAND2', value: (t) => `${t.nand2AreaUm2} ${t.units.area}`, align: 'right' },
    { title: 'FO4', value: (t) => `${t.fo4Ps} ${t.units.delay}`, align: 'right' },
    { title: 'V', value: ({ voltageV }) => String(voltageV), align: 'right' },
    { title: 'licence', value: ({ licence }) => licence },
    { title: 'what', value: ({ title }) => title },
  ]);
}

/** One technology with the figures of its smallest cells. */
export function technologyReport(technology: Technology): string {
  const { fit, flipFlops } = technology;
  const flipFlop = flipFlops.reset0 ?? flipFlops.plain;
  return [
    `${technology.name}: ${technology.title}`,
    `  source   ${technology.source}${technology.date === '' ? '' : `, ${technology.date}`}`,
    `  licence  ${technology.licence}`,
    `  corner   ${technology.voltageV} V, ${technology.temperatureC} °C`,
    `  FO4      ${technology.fo4Ps} ${technology.units.delay}; NAND2 ${technology.nand2AreaUm2} ${technology.units.area}`,
    `  fit      delay ± ${percent(fit.delay.meanAbsolute)} mean, ${percent(fit.delay.worst)} worst, against the library's tables`,
    '',
    table(
      technology.classes.map((cellClass) => ({ ...cellClass, least: cellClass.drives[0] })),
      [
        { title: 'class', value: ({ name }) => name },
        { title: 'smallest cell', value: ({ least }) => least.cell },
        { title: 'drives', value: ({ drives }) => drives.length },
        { title: technology.units.area, value: ({ least }) => String(least.areaUm2), align: 'right' },
        { title: 'fF', value: ({ least }) => String(least.inputCapacitanceFf), align: 'right' },
        { title: 'rise = base + a·fF + b·ps', value: ({ least }) => least.rise.delay.join(' ') },
        { title: 'fall', value: ({ least }) => least.fall.delay.join(' ') },
        { title: 'fJ', value: ({ least }) => String(least.energyFj), align: 'right' },
      ],
    ),
    ...(flipFlop === undefined
      ? []
      : [
          '',
          `  flip-flop ${flipFlop.cell}: ${flipFlop.areaUm2} ${technology.units.area}, set-up ${flipFlop.setupPs} ${technology.units.delay}, clock to output ${flipFlop.rise.delay[0]} ${technology.units.delay}`,
        ]),
  ].join('\n');
}

/** Synthesis beside the estimate. */
export function synthesisReport(result: SynthesisResult, estimate: DesignEstimate, tools: string): string {
  const { areaUm2, periodPs, runs, timedBy } = result;
  const rows = [
    { name: `area, ${estimate.technology.units.area}`, spread: areaUm2, estimated: estimate.areaUm2 },
    { name: `period, ${estimate.technology.units.delay}`, spread: periodPs, estimated: estimate.periodPs },
  ];
  return [
    `${estimate.configuration} on ${estimate.technology.title}`,
    `  ${tools}; ${runs.length} run${runs.length === 1 ? '' : 's'} with perturbed names; delay by ${timedBy}`,
    '',
    table(rows, [
      { title: '', value: ({ name }) => name },
      { title: 'synthesis', value: ({ spread }) => number(spread.median), align: 'right' },
      { title: 'least', value: ({ spread }) => number(spread.least), align: 'right' },
      { title: 'most', value: ({ spread }) => number(spread.most), align: 'right' },
      { title: 'estimate', value: ({ estimated }) => number(estimated), align: 'right' },
      {
        title: 'estimate off by',
        value: ({ spread, estimated }) => percent(estimated / spread.median - 1),
        align: 'right',
      },
    ]),
    ...(timedBy === 'abc'
      ? [
          '',
          '  The delay of abc leaves out flip-flops; install OpenSTA for the whole period: apt-get install opensta',
        ]
      : []),
  ].join('\n');
}
