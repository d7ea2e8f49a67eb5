/** Which synthesis tools there are: Yosys (program or npm package) and OpenSTA, with their versions. */

import { ConfigurationError } from '../../src/numerics/index.js';
import { type YosysFlavour, yosysCommand, yosysFlavour } from '../proof/index.js';
import { tryProgram } from '../systemverilog/index.js';

export interface SynthesisTools {
  readonly yosys: YosysFlavour;
  readonly yosysVersion: string;
  /** Undefined without OpenSTA: delays then come from abc. */
  readonly staVersion: string | undefined;
}

/** The tools of this machine. Throws `ConfigurationError`, with what installs Yosys, if there is none. */
export function findSynthesisTools(wanted: YosysFlavour | undefined = yosysFlavour()): SynthesisTools {
  if (wanted === undefined) {
    throw new ConfigurationError(
      'synthesis needs Yosys, which is not installed',
      'npm install @yowasp/yosys, or apt-get install yosys opensta',
    );
  }
  const { program, args } = yosysCommand('log', wanted);
  const said = tryProgram(program, args).output;
  return {
    yosys: wanted,
    yosysVersion: /Yosys ([\d.+]+)/.exec(said)?.[1] ?? 'unknown',
    staVersion: staVersion(),
  };
}

function staVersion(): string | undefined {
  try {
    return tryProgram('sta', ['-version'], { timeoutSeconds: 20 }).output.trim().split(/\s/)[0];
  } catch {
    return undefined;
  }
}
