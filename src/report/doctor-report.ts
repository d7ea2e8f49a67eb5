/**
 * What a machine has for fp4sim.
 *
 *   fp4sim 0.1.0 · Node 20.20.2 · linux-x64-gnu
 *
 *   in use: native (avx512-vnni)
 *
 *   engine      state
 *   native      ready: avx512-vnni, avx2, portable
 *   wasm        ready
 *   typescript  ready
 *
 *   program   version                what for
 *   iverilog  11.0                   simulates the SystemVerilog
 *   yosys     –                      apt-get install yosys: proves and synthesises
 */
import type { EngineReport } from '../kernels/index.js';
import { table } from '../text/index.js';

/** A program that fp4sim can make use of. */
export interface ExternalProgram {
  readonly name: string;
  readonly purpose: string;
  /** The Debian package that has it. */
  readonly package: string;
  /** Undefined where it is not installed. */
  readonly version: string | undefined;
}

export interface DoctorFindings {
  readonly version: string;
  readonly node: string;
  readonly engines: EngineReport;
  readonly programs: readonly ExternalProgram[];
}

export function doctorReport({ version, node, engines, programs }: DoctorFindings): string {
  const instructions = engines.instructions.join(', ');
  const ready = (name: string): string =>
    name === 'native' && instructions !== '' ? `ready: ${instructions}` : 'ready';
  const [fastest] = engines.instructions;
  const detail = engines.inUse === 'native' && fastest !== undefined ? ` (${fastest})` : '';
  return [
    `fp4sim ${version} · Node ${node} · ${engines.platform}`,
    '',
    `in use: ${engines.inUse}${detail}`,
    '',
    table(engines.engines, [
      { title: 'engine', value: ({ name }) => name },
      { title: 'state', value: ({ name, available, problem }) => (available ? ready(name) : `– ${problem}`) },
    ]),
    '',
    table(programs, [
      { title: 'program', value: ({ name }) => name },
      { title: 'version', value: ({ version: found }) => found ?? '–' },
      {
        title: 'what for',
        value: ({ version: found, purpose, package: name }) =>
          found === undefined ? `apt-get install ${name}: ${purpose}` : purpose,
      },
    ]),
    '',
    'Programs are optional: what needs one says so. FP4SIM_ENGINE=wasm or typescript chooses another engine.',
  ].join('\n');
}
