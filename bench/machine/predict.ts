/** What the `hopper` model predicts for measured rows, by running the programs that stand for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, formatDiagnostics, type Program } from '../../src/assembler/index.js';
import { type Listener, runProgram } from '../../src/machine/index.js';
import type { TileRow } from './tile-cycles.js';
import { type Marks, programOfRow, type TileProgram } from './tile-programs.js';

const LABELS = ['t0', 'ready', 'issued', 'drained', 'loaded'];

export interface Comparison {
  readonly row: TileRow;
  readonly predicted: number;
  /** predicted / measured − 1 */
  readonly error: number;
}

/** Predicts rows; rows that share a run share its cost. */
export class Predictor {
  readonly #runs = new Map<string, Marks>();

  /** @param folder that holds the programs. */
  constructor(private readonly folder: string) {}

  /** The row's prediction, or undefined if its class or measure has no program. */
  compare(row: TileRow): Comparison | undefined {
    const program = programOfRow(row);
    const measure = program?.measures[row.measure];
    if (program === undefined || measure === undefined) return undefined;
    const predicted = measure(this.#marksOf(row, program), row);
    return { row, predicted, error: predicted / row.cyclesMedian - 1 };
  }

  #marksOf(row: TileRow, { file, settings }: TileProgram): Marks {
    const set = settings(row);
    const cores = row.class === '7' ? 1 : row.sms;
    const key = `${file} ${cores} ${JSON.stringify(set)}`;
    let marks = this.#runs.get(key);
    if (marks === undefined) {
      marks = run(assembled(join(this.folder, file), set), cores);
      this.#runs.set(key, marks);
    }
    return marks;
  }
}

/** Runs a program without values and notes when its marks are passed. */
function run(program: Program, cores: number): Marks {
  const labels = LABELS.filter((label) => program.labels.has(label));
  const labelAt = new Map(labels.map((label) => [program.labels.get(label)!, label]));
  const streams = program.streams.reduce((sum, { count }) => sum + count, 0);
  const marks = new Map(
    LABELS.map((label) => [label, Array.from({ length: cores }, () => emptyLists(streams))]),
  );
  const listener: Listener = {
    onIssued({ core, index }, instruction, cycle) {
      const label = labelAt.get(instruction);
      if (label !== undefined) marks.get(label)![core]![index]!.push(cycle);
    },
  };
  runProgram(program, { values: 'none', cores, warmL2: true, maxCycles: 1e9, listeners: [listener] });
  return (label) => marks.get(label)!;
}

function emptyLists(count: number): number[][] {
  return Array.from({ length: count }, () => []);
}

function assembled(path: string, settings: Readonly<Record<string, number>>): Program {
  const text = readFileSync(path, 'utf8');
  const { program, diagnostics } = assemble(text, path, { set: new Map(Object.entries(settings)) });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, text));
  return program;
}
