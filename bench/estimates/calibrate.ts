/**
 * Compares estimates with synthesis and prints the table of `rtl-model/analysis/calibration.ts`:
 * `node dist/bench/estimates/calibrate.js [--synthesise] [TECHNOLOGY …]`.
 *
 * Results of synthesis are kept in test/data/estimates/synthesis.json; `--synthesise` runs yosys and OpenSTA for the
 * circuits that are missing there (about 3 s a circuit). Factors are geometric means of synthesis over model; errors are
 * leave-one-out.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanUp, estimateLogic, UNCALIBRATED } from '../../rtl-model/analysis/index.js';
import { emitGates } from '../../rtl-model/systemverilog/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { CIRCUITS } from './circuits.js';
import { type SynthesisResult, synthesise, TARGETS } from './synthesis.js';

/** By technology, then by circuit. */
type Results = Record<string, Record<string, SynthesisResult>>;

interface Comparison {
  readonly circuit: string;
  /** Synthesis over model. */
  readonly area: number;
  readonly delay: number;
  readonly areaUm2: readonly [synthesis: number, model: number];
  readonly periodPs: readonly [synthesis: number, model: number];
}

const FILE = join('test', 'data', 'estimates', 'synthesis.json');
const options = process.argv.slice(2);
const wanted = options.filter((option) => !option.startsWith('--'));
const targets = TARGETS.filter(({ technology }) => wanted.length === 0 || wanted.includes(technology));

const results: Results = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {};
if (options.includes('--synthesise')) synthesiseMissing();
const logics = new Map(Object.entries(CIRCUITS).map(([name, make]) => [name, cleanUp(make())]));
for (const { technology } of targets) print(technology, compare(technology));

function synthesiseMissing(): void {
  mkdirSync(dirname(FILE), { recursive: true });
  for (const target of targets) {
    const known = results[target.technology] ?? {};
    results[target.technology] = known;
    for (const [name, make] of Object.entries(CIRCUITS)) {
      if (known[name] !== undefined) continue;
      known[name] = synthesise(emitGates(make(), 'design').text, 'design', target);
      writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
    }
  }
}

function compare(technology: string): Comparison[] {
  return Object.entries(results[technology] ?? {}).flatMap(([circuit, synthesis]) => {
    const logic = logics.get(circuit);
    if (logic === undefined) return [];
    const model = estimateLogic(logic, technologyByName(technology), UNCALIBRATED);
    return {
      circuit,
      area: synthesis.areaUm2 / model.area.areaUm2,
      delay: synthesis.periodPs / model.periodPs,
      areaUm2: [synthesis.areaUm2, model.area.areaUm2] as const,
      periodPs: [synthesis.periodPs, model.periodPs] as const,
    };
  });
}

function print(technology: string, comparisons: readonly Comparison[]): void {
  const areas = comparisons.map(({ area }) => area);
  const delays = comparisons.map(({ delay }) => delay);
  const [areaErrors, delayErrors] = [leaveOneOut(areas), leaveOneOut(delays)];
  comparisons.forEach(({ circuit, areaUm2, periodPs }, i) => {
    const pair = ([synthesis, model]: readonly [number, number]) =>
      `${synthesis.toFixed(1)} / ${model.toFixed(1)}`;
    const errors = `area ${percent(areaErrors[i]!)}  period ${percent(delayErrors[i]!)}`;
    console.log(
      `// ${technology} ${circuit.padEnd(9)} ${pair(areaUm2).padEnd(20)} ${pair(periodPs).padEnd(20)} ${errors}`,
    );
  });
  const ranks = (pick: (comparison: Comparison) => readonly [number, number]) =>
    spearman(comparisons.map(pick));
  console.log(
    `// rank correlation: area ${ranks((c) => c.areaUm2).toFixed(3)}, period ${ranks((c) => c.periodPs).toFixed(3)}`,
  );
  console.log(`  ${technology}: {
    areaFactor: ${geometricMean(areas).toFixed(3)},
    delayFactor: ${geometricMean(delays).toFixed(3)},
    errors: { circuits: ${comparisons.length}, area: ${summary(areaErrors)}, delay: ${summary(delayErrors)} },
  },`);
}

/** Relative error of each estimate, by the factor of all others. */
function leaveOneOut(ratios: readonly number[]): number[] {
  return ratios.map((ratio, i) => geometricMean(ratios.filter((_, j) => j !== i)) / ratio - 1);
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / Math.max(values.length, 1));
}

function spearman(pairs: readonly (readonly [number, number])[]): number {
  const rank = (values: readonly number[]) =>
    values.map(
      (value) =>
        values.filter((other) => other < value).length + values.filter((other) => other === value).length / 2,
    );
  const [a, b] = [rank(pairs.map(([x]) => x)), rank(pairs.map(([, y]) => y))];
  const n = pairs.length;
  const mean = a.reduce((sum, value) => sum + value, 0) / n;
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + (value - mean) * (y[i]! - mean), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

function summary(errors: readonly number[]): string {
  const absolute = errors.map(Math.abs);
  const mean = absolute.reduce((sum, value) => sum + value, 0) / Math.max(absolute.length, 1);
  return `{ meanAbsolute: ${mean.toFixed(3)}, worst: ${Math.max(0, ...absolute).toFixed(3)} }`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`.padStart(8);
}
