/** Programs that some tests need (simulators, synthesis): found, or the reason to skip. */
import { spawnSync } from 'node:child_process';

/** What installs each program on Debian. */
const PACKAGES = {
  iverilog: 'iverilog',
  vvp: 'iverilog',
  verilator: 'verilator',
  yosys: 'yosys',
  'g++': 'g++',
  make: 'make',
  chromium: 'chromium',
} as const;

export type ToolName = keyof typeof PACKAGES;

export interface ToolRequirement {
  /** True when every program was found. */
  readonly present: boolean;
  /** Why a test is skipped, with the command that would help; empty when nothing is missing. */
  readonly reason: string;
}

/**
 * Whether all of these programs can be run. When one is missing the caller skips and shows `reason`; with
 * FP4SIM_REQUIRE_TOOLS=1 in the environment a missing program is an error instead.
 *
 * @example describe.skipIf(!requireTool('verilator').present)('…', …)
 */
export function requireTool(...names: readonly ToolName[]): ToolRequirement {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return { present: true, reason: '' };
  const packages = [...new Set(missing.map((name) => PACKAGES[name]))].join(' ');
  const reason = `${missing.join(', ')} not found: apt-get install ${packages}`;
  if (process.env.FP4SIM_REQUIRE_TOOLS === '1') throw new Error(reason);
  return { present: false, reason };
}

const found = new Map<ToolName, boolean>();

function isInstalled(name: ToolName): boolean {
  let known = found.get(name);
  if (known === undefined) {
    known = spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
    found.set(name, known);
  }
  return known;
}
