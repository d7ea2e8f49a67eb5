/** What a machine model predicts for measured rows, by running the programs that stand for them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble, type Program } from '../assembler/index.js';
import { type Listener, type MachineModel, runProgram, Trap } from '../machine/index.js';
import { ConfigurationError } from '../numerics/index.js';
import type { TileRow } from './rows.js';
import { type Marks, programOfRow, type TileProgram } from './tile-programs.js';

const LABELS = ['t0', 'ready', 'issued', 'drained', 'loaded'];

export interface Comparison {
  readonly row: TileRow;
  readonly predicted: number;
  /** predicted / measured − 1 */
  readonly error: number;
}

/** The folder of the measured tile programs, which lies above both the sources and the build. */
function tilePrograms(): string {
  const folders = ['../../programs/hopper', '../../../programs/hopper'].map((up) =>
    fileURLToPath(new URL(up, import.meta.url)),
  );
  return folders.find((folder) => existsSync(folder)) ?? folders[0]!;
}

/** Programs by file and settings: what every model shares. */
const assembledPrograms = new Map<string, Program>();

/** Predicts rows; rows that share a run share its cost. */
export class Predictor {
  readonly #runs = new Map<string, Marks>();
  readonly #folder = tilePrograms();

  constructor(private readonly machine: MachineModel) {}

  /**
   * The row's prediction, or undefined if its class or measure has no program.
   * Throws `ConfigurationError` for a row whose program does not assemble or run.
   */
  compare(row: TileRow): Comparison | undefined {
    const program = programOfRow(row);
    const measure = program?.measures[row.measure];
    if (program === undefined || measure === undefined) return undefined;
    for (const name of program.needed ?? []) {
      if (/^\d+$/.test(row.extra.get(name) ?? '')) continue;
      throw new ConfigurationError(`${row.place}: column extra: lacks ${name}=N, a whole number`);
    }
    const predicted = measure(this.#marksOf(row, program), row);
    return { row, predicted, error: predicted / row.cyclesMedian - 1 };
  }

  #marksOf(row: TileRow, { file, settings }: TileProgram): Marks {
    const set = settings(row);
    const cores = row.class === '7' ? 1 : row.sms;
    const key = `${file} ${cores} ${JSON.stringify(set)}`;
    let marks = this.#runs.get(key);
    if (marks === undefined) {
      try {
        marks = run(assembled(join(this.#folder, file), set), this.machine, cores);
      } catch (error) {
        if (!(error instanceof ConfigurationError || error instanceof Trap)) throw error;
        throw new ConfigurationError(`${row.place}: ${file} does not run for this row: ${error.message}`);
      }
      this.#runs.set(key, marks);
    }
    return marks;
  }
}

/** Runs a program without values and notes when its marks are passed. */
function run(program: Program, machine: MachineModel, cores: number): Marks {
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
  runProgram(program, {
    machine,
    values: 'none',
    cores,
    warmL2: true,
    maxCycles: 1e9,
    listeners: [listener],
  });
  return (label) => marks.get(label)!;
}

function emptyLists(count: number): number[][] {
  return Array.from({ length: count }, () => []);
}

function assembled(path: string, settings: Readonly<Record<string, number>>): Program {
  const key = `${path} ${JSON.stringify(settings)}`;
  const known = assembledPrograms.get(key);
  if (known !== undefined) return known;
  const { program, diagnostics } = assemble(readFileSync(path, 'utf8'), path, {
    set: new Map(Object.entries(settings)),
  });
  if (program === undefined) throw new ConfigurationError(diagnostics[0]!.message);
  assembledPrograms.set(key, program);
  return program;
}
