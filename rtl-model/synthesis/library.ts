/** What the recipe needs to know of a liberty file: a cell that drives the inputs, and a load for the outputs. */
import { ConfigurationError } from '../../src/numerics/index.js';
import { type LibertyCell, readLiberty, readLibertyBytes, truthTable } from '../technology/index.js';

export interface SynthesisLibrary {
  /** Path of the file it came from. */
  readonly source: string;
  /** Contents, unpacked. */
  readonly text: string;
  readonly driver: string;
  readonly loadFf: number;
}

/** Reads a liberty file, `.gz` or plain. Throws `ConfigurationError` as the liberty reader does. */
export function synthesisLibrary(path: string): SynthesisLibrary {
  const bytes = readLibertyBytes(path);
  const { cells } = readLiberty(bytes, path);
  const driver = driverOf(cells.filter(({ dontUse }) => !dontUse));
  if (driver === undefined) {
    throw new ConfigurationError(`${path} has no buffer and no inverter to drive inputs with`);
  }
  // Four data inputs of a flip-flop: what an output usually goes to.
  const flipFlop = cells.find((cell) => cell.flipFlop !== undefined && !cell.dontUse);
  const data = (flipFlop ?? driver).inputs.find(({ clock }) => !clock)?.capacitanceFf ?? 0;
  return {
    source: path,
    text: Buffer.from(bytes).toString('latin1'),
    driver: driver.name,
    loadFf: Number((4 * data).toPrecision(3)),
  };
}

/** The second smallest buffer, as the smallest is weaker than an ordinary gate; else the smallest inverter. */
function driverOf(cells: readonly LibertyCell[]): LibertyCell | undefined {
  const bySize = (table: number) =>
    cells.filter((cell) => isGate(cell, table)).sort((a, b) => a.areaUm2 - b.areaUm2);
  const buffers = bySize(0b10);
  return buffers[1] ?? buffers[0] ?? bySize(0b01)[0];
}

/** Whether a cell is a gate of one input with this truth table. */
function isGate({ inputs, outputs, flipFlop, otherState }: LibertyCell, table: number): boolean {
  const [output] = outputs;
  if (inputs.length !== 1 || outputs.length !== 1 || flipFlop !== undefined || otherState) return false;
  if (output?.function === undefined || output.threeState) return false;
  return (truthTable(output.function, [inputs[0]!.name]) & 3) === table;
}
