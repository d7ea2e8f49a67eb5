/** `fp4sim synth` */
import { describeEstimate, estimateLogic, keptLogic } from '../../../rtl-model/analysis/index.js';
import { CLOCK } from '../../../rtl-model/hdl/index.js';
import {
  findSynthesisTools,
  type SynthesisTools,
  synthesise,
  synthesisLibrary,
} from '../../../rtl-model/synthesis/index.js';
import { emitModules } from '../../../rtl-model/systemverilog/index.js';
import { TECHNOLOGY_NAMES, technologyByName } from '../../../rtl-model/technology/index.js';
import { synthesisReport } from '../../mac-report/index.js';
import { designNamed } from '../design-names.js';
import { ExitCode } from '../errors.js';
import { fittedFrom } from '../technologies.js';
import { print, progressLine } from '../terminal.js';

interface SynthOptions {
  readonly liberty: string;
  readonly runs: number;
  readonly json?: boolean;
}

export async function synth(name: string, { liberty, runs, json }: SynthOptions): Promise<number> {
  const design = designNamed(name);
  const library = synthesisLibrary(liberty);
  const tools = findSynthesisTools();
  const verilog = emitModules(design.module)
    .map(({ text }) => text)
    .join('\n');
  const logic = keptLogic(design.netlist);
  const estimate = describeEstimate(design, estimateLogic(logic, technologyFor(liberty)));
  const progress = progressLine();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  const begun = Date.now();
  let step = '';
  const tick = setInterval(
    () => progress.update(`${step}, ${Math.round((Date.now() - begun) / 1000)} s`),
    500,
  );
  try {
    const input = { verilog, top: design.module.name, ...CLOCK };
    const result = await synthesise(input, library, tools, {
      runs,
      signal: stop.signal,
      onStep: (run, what) => {
        step = `run ${run + 1} of ${runs}: ${what}`;
      },
    });
    progress.clear();
    print(
      json
        ? JSON.stringify({ tools, ...result, estimate }, null, 2)
        : synthesisReport(result, estimate, toolsText(tools)),
    );
    return ExitCode.fine;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.clear();
    process.stderr.write('interrupted; nothing was kept\n');
    return INTERRUPTED;
  } finally {
    clearInterval(tick);
    process.removeListener('SIGINT', interrupt);
  }
}

/** What shells give a program that was stopped by an interrupt. */
const INTERRUPTED = 130;

/** A technology of the project, with its error bars, if the file is named after it; else a fresh fit. */
function technologyFor(liberty: string) {
  const fitted = fittedFrom(liberty);
  const known = TECHNOLOGY_NAMES.map(technologyByName).find(({ source }) =>
    source.startsWith(fitted.source.split(',')[0]!),
  );
  return known ?? fitted;
}

function toolsText({ yosysVersion, yosys, staVersion }: SynthesisTools): string {
  const sta = staVersion === undefined ? 'no OpenSTA' : `OpenSTA ${staVersion}`;
  return `Yosys ${yosysVersion}${yosys === 'package' ? ' (@yowasp/yosys)' : ''}, ${sta}`;
}
