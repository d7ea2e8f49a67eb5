/** `fp4sim doctor` */
import { spawnSync } from 'node:child_process';
import { engineReport } from '../../kernels/index.js';
import { type DoctorFindings, doctorReport, type ExternalProgram } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { packageVersion, print } from '../terminal.js';

interface ProgramRow extends Omit<ExternalProgram, 'version'> {
  /** Asks for the version; the answer may be on either stream. */
  readonly ask: readonly string[];
}

/** Programs, with what they are used for. */
const PROGRAMS: readonly ProgramRow[] = [
  { name: 'iverilog', ask: ['-V'], package: 'iverilog', purpose: 'simulates the SystemVerilog' },
  { name: 'verilator', ask: ['--version'], package: 'verilator', purpose: 'lints and simulates it, fast' },
  {
    name: 'yosys',
    ask: ['-V'],
    package: 'yosys',
    purpose: 'proves and synthesises, faster than the built-in one',
  },
  { name: 'sta', ask: ['-version'], package: 'opensta', purpose: 'times what was synthesised' },
  { name: 'g++', ask: ['--version'], package: 'g++', purpose: 'builds what Verilator writes' },
  { name: 'make', ask: ['--version'], package: 'make', purpose: 'builds what Verilator writes' },
  { name: 'cargo', ask: ['--version'], package: 'cargo', purpose: 'builds the native kernels' },
  { name: 'chromium', ask: ['--version'], package: 'chromium', purpose: 'tests the HTML pages' },
  {
    name: 'python3',
    ask: ['--version'],
    package: 'python3',
    purpose: 'runs cocotb benches and the peers of benchmarks',
  },
];

const ANSWER_MS = 10_000;

export function doctor(options: { readonly json?: boolean }): number {
  const findings: DoctorFindings = {
    version: packageVersion(),
    node: process.versions.node,
    engines: engineReport(),
    programs: PROGRAMS.map(({ ask, ...row }) => ({ ...row, version: versionOf(row.name, ask) })),
  };
  print(options.json ? JSON.stringify(findings, null, 2) : doctorReport(findings));
  return ExitCode.fine;
}

/** The first number with a dot in what the program says of itself; undefined where it cannot be run. */
function versionOf(name: string, ask: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(name, ask, { encoding: 'utf8', timeout: ANSWER_MS });
  if (error !== undefined) return undefined;
  return /\d+\.\d[\w.]*/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'unknown';
}
