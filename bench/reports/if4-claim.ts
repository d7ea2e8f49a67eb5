/**
 * `reports/if4-claim.md`: what IF4 costs over NVFP4, for the published microarchitecture and for the exact one of this
 * project, by estimate and by synthesis, and what a latency overhead of 4.7 % would have to mean.
 *
 * `--synthesise [runs]` runs Yosys and OpenSTA on what is not in `reports/if4-synthesis.json`; the published pair takes
 * minutes a run and technology, and is only synthesised with `--lanes` as well.
 */
import {
  cleanUp,
  type DesignEstimate,
  describeEstimate,
  estimatedGates,
  estimateLogic,
  type Logic,
} from '../../rtl-model/analysis/index.js';
import { createMac, type DesignOptions, type MacDesign } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { markdownTable, signed } from '../../src/mac-report/index.js';
import { readRecorded } from '../estimates/recorded.js';
import { CLAIMED_LATENCY, latencySection } from './if4-latency.js';
import { LIBERTY, mediansOf, synthesiseMissing, synthesisOf } from './if4-synthesis.js';
import { writeReport } from './write-report.js';

/** Published figures: dot-product MACs of mit-han-lab/fouroversix dadfad6, other people's FP32 blocks, ASAP7. */
const PUBLISHED_RTL = { nvfp4Um2: 4504, if4Um2: 6049, nvfp4Ps: 2507, if4Ps: 2499 };
/** What the paper is reported to say. */
const CLAIMED_AREA = 1.666;

interface Pair {
  readonly title: string;
  readonly nvfp4: MacDesign;
  readonly if4: MacDesign;
}

const pair = (title: string, nvfp4: string, if4: string, options: DesignOptions = {}): Pair => ({
  title,
  nvfp4: createMac(nvfp4, options),
  if4: createMac(if4, options),
});
const lanes = pair('published: 16 FP32 lanes', 'nvfp4-lanes', 'if4-lanes');
const exact = pair('exact', 'nvfp4-exact', 'if4-exact49');
const predecoded = pair('exact, operands decoded at load', 'nvfp4-exact', 'if4-exact49', { predecode: true });
const PAIRS = [lanes, exact, predecoded];

const options = process.argv.slice(2);
if (options.includes('--synthesise')) {
  const runs = Number(options.find((option) => /^\d+$/.test(option)) ?? 3);
  const chosen = options.includes('--lanes') ? PAIRS : [exact, predecoded];
  await synthesiseMissing(
    chosen.flatMap(({ nvfp4, if4 }) => [nvfp4, if4]),
    runs,
  );
}

/** Area and period of a design in a technology. */
interface Figures {
  readonly areaUm2: number;
  readonly periodPs: number;
}

const estimates = new Map<string, DesignEstimate>();

function estimated(design: MacDesign, technology: string): DesignEstimate {
  const key = `${design.configuration} ${technology}`;
  const known = estimates.get(key);
  if (known !== undefined) return known;
  console.log(`estimate of ${key}`);
  const made = describeEstimate(design, estimateLogic(logicOf(design), technologyByName(technology)));
  estimates.set(key, made);
  return made;
}

const logics = new Map<string, Logic>();

/** The cleaned-up logic of a design, which all technologies share. */
function logicOf(design: MacDesign): Logic {
  const known = logics.get(design.configuration);
  if (known !== undefined) return known;
  const made = cleanUp(estimatedGates(design.netlist));
  logics.set(design.configuration, made);
  return made;
}

/** On record for this very netlist; for the published pair also what the calibration of the estimates recorded. */
function synthesised(design: MacDesign, technology: string): Figures | undefined {
  const published = design === lanes.nvfp4 || design === lanes.if4;
  const row =
    synthesisOf(design).find((one) => one.technology === technology) ??
    (published ? readRecorded(technology)?.subjects[design.name] : undefined);
  return row === undefined ? undefined : mediansOf(row);
}

const TITLES = ['technology', 'NVFP4 µm²', 'IF4 µm²', 'area', 'NVFP4 ps', 'IF4 ps', 'period'];

function ratioRow(technology: string, nvfp4: Figures, if4: Figures): string[] {
  const [x, y] = [nvfp4, if4];
  return [
    technology,
    x.areaUm2.toFixed(0),
    y.areaUm2.toFixed(0),
    signed(y.areaUm2 / x.areaUm2),
    x.periodPs.toFixed(0),
    y.periodPs.toFixed(0),
    signed(y.periodPs / x.periodPs),
  ];
}

function pairSection({ title, nvfp4, if4 }: Pair): string {
  const technologies = Object.keys(LIBERTY);
  const bySynthesis = technologies.flatMap((technology) => {
    const [x, y] = [synthesised(nvfp4, technology), synthesised(if4, technology)];
    return x === undefined || y === undefined ? [] : [ratioRow(technology, x, y)];
  });
  const byEstimate = technologies.map((technology) =>
    ratioRow(technology, estimated(nvfp4, technology), estimated(if4, technology)),
  );
  const synthesis =
    bySynthesis.length === 0
      ? 'Synthesis: none on record for the netlists as they are.'
      : `Synthesis, medians of perturbed runs:\n\n${markdownTable(TITLES, bySynthesis)}`;
  return `### ${title}: \`${nvfp4.name}\`, \`${if4.name}\`\n\n${synthesis}\n\nEstimate:\n\n${markdownTable(TITLES, byEstimate)}`;
}

/** Own cells of each module of the published pair by estimate. */
function moduleSection(): string {
  const modules = (design: MacDesign) =>
    estimated(design, 'asap7').modules.map(({ module, instances, areaUm2 }) => [
      design.name,
      module,
      String(instances),
      (areaUm2 / instances).toFixed(1),
      areaUm2.toFixed(0),
    ]);
  return markdownTable(
    ['design', 'module', 'instances', 'µm² each', 'µm²'],
    [...modules(lanes.nvfp4), ...modules(lanes.if4)],
  );
}

/** Measured once, alone on ASAP7 (Yosys 0.23, abc, the recipe of `rtl-model/synthesis`), and the published RTL's. */
const ALONE = [
  ['FP32 adder, subnormals flushed', '134.8', '122'],
  ['FP32 adder, subnormals kept', '161.4', '–'],
  ['element product, NVFP4', '10.1', '10.1'],
  ['element product, IF4', '17.8', '17.8'],
  ['scale product, NVFP4', '16.7', '18.4'],
  ['scale product, IF4', '99.7', '107.9'],
  ['one lane with its scale product, NVFP4', '44.4', '43'],
  ['one lane with its scale product, IF4', '222.0', '220'],
  ['`nvfp4-lanes`, whole', '4682', '4504'],
];

const best = synthesised(exact.if4, 'asap7') ?? estimated(exact.if4, 'asap7');
const bestOver = synthesised(exact.nvfp4, 'asap7') ?? estimated(exact.nvfp4, 'asap7');

function range(value: (x: Figures, y: Figures) => number): string {
  const all = Object.keys(LIBERTY).flatMap((technology) => {
    const [x, y] = [synthesised(exact.nvfp4, technology), synthesised(exact.if4, technology)];
    return x === undefined || y === undefined ? [] : [value(x, y)];
  });
  return all.length === 0
    ? 'not measured'
    : `${signed(Math.min(...all))} to ${signed(Math.max(...all))} on ${all.length} libraries`;
}

writeReport(
  'if4-claim.md',
  `# What IF4 costs over NVFP4

The paper is reported to say ${signed(CLAIMED_AREA)} area and ${signed(CLAIMED_LATENCY)} latency for its IF4 MAC over its NVFP4 MAC.
Its RTL, synthesised with open tools and other FP32 blocks on ASAP7, gives ${signed(PUBLISHED_RTL.if4Um2 / PUBLISHED_RTL.nvfp4Um2)} area and ${signed(PUBLISHED_RTL.if4Ps / PUBLISHED_RTL.nvfp4Ps)} period.
The exact pair of this project costs ${range((x, y) => y.areaUm2 / x.areaUm2)} in area and ${range((x, y) => y.periodPs / x.periodPs)} in period, with the
same cycles, one accumulator and no rounding before the end of K. On ASAP7 its IF4 MAC takes ${best.areaUm2.toFixed(0)} µm²,
${(PUBLISHED_RTL.if4Um2 / best.areaUm2).toFixed(1)} times less than the published one; its NVFP4 MAC takes ${bestOver.areaUm2.toFixed(0)} µm².

## Where +4.7 % may come from

${latencySection()}

## The pairs

${PAIRS.map(pairSection).join('\n\n')}

## The published pair, module by module

Own cells by estimate, ASAP7:

${moduleSection()}

Alone, by synthesis on ASAP7, beside the published RTL with other FP32 blocks:

${markdownTable(['module', 'this project µm²', 'published µm²'], ALONE)}

So the netlists of the published pair are of the published size; where an estimate is larger, the estimate is.

Commands: \`node dist/bench/reports/if4-claim.js --synthesise 3\`, \`fp4sim compare nvfp4-exact if4-exact49 -o DIR\`.
Sources: mit-han-lab/fouroversix dadfad6 (RTL), measured with Yosys 0.23, abc and OpenSTA 2.0.17.`,
);
