/**
 * `reports/kernel-agreement.{md,json}`: dots of every semantic in every engine against the oracle, bit for bit, on the
 * adversarial classes. `agree.js [--dots N] [--seed S] [semantic …]`; `agree.js --join FILE` takes the rows of another
 * run's JSON instead; by default 10^7 dots of each semantic: hours, for a
 * nightly run. The report keeps what it has of other semantics, as long as it was computed by the sources as they are
 * now. A mismatch is printed with its case.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ADVERSARIAL_CLASS_NAMES,
  type AdversarialClassName,
  type AdversarialTile,
  adversarialTile,
  createOracle,
  DOT_SEMANTICS,
  type DotOracle,
  type DotSemantic,
  semanticOf,
} from '../../src/dot/index.js';
import {
  createNativeKernels,
  createWasmKernels,
  type Kernels,
  nativeLibrary,
  typescriptKernels,
} from '../../src/kernels/index.js';
import { hex, Random } from '../../src/numerics/index.js';
import { ROOT, writeReport } from '../reports/write-report.js';
import { COMBINATIONS, type Combination, formatOf, handsOn } from './combinations.js';
import { sourcesHash } from './sources.js';

const [ROWS, COLS] = [32, 32];
/** Mismatches of a semantic that are printed. */
const PRINTED = 5;
const JSON_FILE = 'kernel-agreement.json';

interface Row {
  readonly semantic: string;
  readonly formats: string;
  readonly seed: number;
  readonly dots: number;
  /** By engine: dots that it computed itself, how many of them differ, and the hash of its sources. */
  readonly engines: Record<string, { dots: number; mismatches: number; sources: string }>;
}

type Engine = readonly [name: string, create: (fallback?: Kernels) => Kernels];

function engines(): Engine[] {
  const { library } = nativeLibrary();
  const native = (library?.engines() ?? []).map(
    (instructions): Engine => [
      `native ${instructions}`,
      (fallback = typescriptKernels) => createNativeKernels(library!, { instructions, threads: 1, fallback }),
    ],
  );
  return [...native, ['wasm', createWasmKernels], ['typescript', () => typescriptKernels]];
}

/** One tile of a combination, and what the oracle says of it. */
class Case {
  readonly semantic: DotSemantic;
  readonly depth: number;
  readonly tile: AdversarialTile;
  readonly expected: Uint32Array;

  constructor(
    readonly combination: Combination,
    oracle: DotOracle,
    readonly className: AdversarialClassName,
    readonly seed: number,
  ) {
    this.semantic = semanticOf(combination.semantic);
    const [a, b] = [formatOf(combination.a), formatOf(combination.b)];
    this.depth = oracle.stepK * (seed % 4 === 0 ? 4 : 1);
    const random = new Random(seed).split(`${this.semantic.name} ${a.name} ${b.name} ${className}`);
    const shape = { rows: ROWS, cols: COLS, depth: this.depth };
    this.tile = adversarialTile(className, this.semantic, a, b, shape, random);
    const line = <T extends Uint8Array | Uint16Array | Uint32Array>(all: T, i: number, lines: number) =>
      all.subarray((i * all.length) / lines, ((i + 1) * all.length) / lines);
    this.expected = Uint32Array.from({ length: ROWS * COLS }, (_, output) => {
      const [i, j] = [Math.floor(output / COLS), output % COLS];
      const { codes, scales } = this.tile.a;
      const right = this.tile.b;
      return oracle.dot(
        line(codes, i, ROWS),
        line(scales, i, ROWS),
        line(right.codes, j, COLS),
        line(right.scales, j, COLS),
        this.tile.c[output]!,
      );
    });
  }

  /** Outputs of the engine that are not the oracle's. */
  mismatches(engine: Kernels): { output: number; text: string }[] {
    const { a, b } = this.combination;
    const prepare = (side: 'a' | 'b', name: string, rows: number) =>
      engine.prepare(
        { format: formatOf(name), rows, depth: this.depth, ...this.tile[side] },
        side,
        this.semantic,
      );
    const [left, right] = [prepare('a', a, ROWS), prepare('b', b, COLS)];
    const acc = engine.accumulator(this.semantic, formatOf(a), formatOf(b), ROWS, COLS);
    engine.load(acc, this.tile.c);
    engine.accumulate(acc, left, right, false);
    const results = engine.read(acc);
    left.release();
    right.release();
    return [...results.keys()]
      .filter((output) => results[output] !== this.expected[output])
      .map((output) => ({ output, text: this.#describe(engine.name, output, results[output]!) }));
  }

  #describe(engine: string, output: number, result: number): string {
    const { semantic, a, b } = this.combination;
    const place = `output ${Math.floor(output / COLS)},${output % COLS}`;
    const addend = `C 0x${hex(this.tile.c[output]!, 8)}`;
    return (
      `${engine}, ${semantic} on ${a} × ${b}, class ${this.className}, seed ${this.seed}, K = ${this.depth}, ` +
      `${place}, ${addend}: 0x${hex(result, 8)} instead of 0x${hex(this.expected[output]!, 8)}`
    );
  }
}

function compareSemantic(semantic: string, dots: number, firstSeed: number): Row {
  const combinations = COMBINATIONS.filter((combination) => combination.semantic === semantic);
  const counts: Row['engines'] = {};
  const hashes = new Map(engines().map(([name]) => [name, sourcesHash(name)]));
  let [done, printed] = [0, 0];
  for (const combination of combinations) {
    const own = engines().filter(([, create]) => !handsOn(create, combination));
    const [a, b] = [formatOf(combination.a), formatOf(combination.b)];
    const oracle = createOracle(semanticOf(semantic), a, b);
    const kernels = own.map(([name, create]) => [name, create()] as const);
    const end = done + dots / combinations.length;
    for (let seed = firstSeed; done < end; seed++) {
      for (const className of ADVERSARIAL_CLASS_NAMES) {
        const one = new Case(combination, oracle, className, seed);
        done += one.expected.length;
        for (const [name, engine] of kernels) {
          const wrong = one.mismatches(engine);
          counts[name] ??= { dots: 0, mismatches: 0, sources: hashes.get(name)! };
          counts[name].dots += one.expected.length;
          counts[name].mismatches += wrong.length;
          for (const { text } of wrong) if (printed++ < PRINTED) console.error(text);
        }
      }
    }
  }
  const formats = combinations.map(({ a, b }) => (a === b ? a : `${a} × ${b}`)).join(', ');
  return { semantic, formats, seed: firstSeed, dots: done, engines: counts };
}

/** Whether an engine computes a semantic itself for some of the formats. */
function computes({ semantic }: Row, name: string): boolean {
  const create = engines().find(([engine]) => engine === name)![1];
  return COMBINATIONS.some((one) => one.semantic === semantic && !handsOn(create, one));
}

function write(rows: readonly Row[]): void {
  const names = engines().map(([name]) => name);
  const cell = (row: Row, name: string): string => {
    const found = row.engines[name];
    if (found === undefined) return computes(row, name) ? 'not run' : '–';
    const part = found.dots === row.dots ? '' : ` of ${found.dots.toLocaleString('en')}`;
    return `${found.mismatches}${part}`;
  };
  const lines = rows.map(
    (row) =>
      `| ${[row.semantic, row.formats, row.dots.toLocaleString('en'), row.seed, ...names.map((name) => cell(row, name))].join(' | ')} |`,
  );
  const wrong = rows.flatMap((row) => Object.values(row.engines)).reduce((sum, x) => sum + x.mismatches, 0);
  writeReport(JSON_FILE, JSON.stringify(rows, null, 2));
  writeReport(
    'kernel-agreement.md',
    `# Engines against the oracle

Results that differ from the oracle's in any bit, over the adversarial classes of \`src/dot/adversarial.ts\`, addends
included. "–": the engine hands the semantic to another; "of N": it does so for some of the formats; "not run": not
since its sources changed. Rows are joined over runs of \`node dist/bench/kernels/agree.js --dots 10000000 SEMANTIC\`; sources: ${names
      .map((name) => `${name} \`${sourcesHash(name)}\``)
      .join(', ')}.

| semantic | formats | dots | seed | ${names.join(' | ')} |
|---|---|---|---|${names.map(() => '---|').join('')}
${lines.join('\n')}

${wrong === 0 ? 'No mismatch.' : `${wrong} mismatches.`}`,
  );
}

/** Rows of a report that the sources as they are computed. */
function recorded(file = join(ROOT, 'reports', JSON_FILE)): Row[] {
  if (!existsSync(file)) return [];
  const rows = JSON.parse(readFileSync(file, 'utf8')) as Row[];
  return rows.map((row) => ({
    ...row,
    engines: Object.fromEntries(
      Object.entries(row.engines).filter(([name, { sources }]) => sources === sourcesHash(name)),
    ),
  }));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dots: { type: 'string', default: '1e7' },
    seed: { type: 'string', default: '1' },
    join: { type: 'string' },
  },
});
/** Rows into the report, in place of those of the same semantics. */
function record(found: readonly Row[]): void {
  const names = new Set(found.map(({ semantic }) => semantic));
  const rows = [...recorded().filter(({ semantic }) => !names.has(semantic)), ...found];
  const order = [...DOT_SEMANTICS.keys()];
  write(rows.sort((x, y) => order.indexOf(x.semantic) - order.indexOf(y.semantic)));
}

if (values.join !== undefined)
  record(recorded(values.join).filter(({ engines }) => Object.keys(engines).length > 0));
const chosen = positionals.length > 0 || values.join !== undefined ? positionals : [...DOT_SEMANTICS.keys()];
for (const name of chosen) {
  const start = performance.now();
  const row = compareSemantic(semanticOf(name).name, Number(values.dots), Number(values.seed));
  record([row]);
  const wrong = Object.values(row.engines).some(({ mismatches }) => mismatches > 0);
  console.log(`${name}: ${row.dots} dots in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  if (wrong) process.exitCode = 1;
}
