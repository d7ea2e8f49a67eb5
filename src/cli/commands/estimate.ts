/** `fp4sim estimate` */
import {
  describeEstimate,
  estimateLogic,
  keptLogic,
  type OperandMatrices,
} from '../../../rtl-model/analysis/index.js';
import { matrixFromSource } from '../../formats/index.js';
import { estimateReport } from '../../mac-report/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { checkedText, ensureChecked } from '../checked.js';
import { designNamed } from '../design-names.js';
import { ExitCode } from '../errors.js';
import { sampleOperands } from '../sample-operands.js';
import { technologyOf } from '../technologies.js';
import { print, progressLine } from '../terminal.js';

interface EstimateOptions {
  readonly technology: string;
  readonly liberty?: string;
  readonly clock?: number;
  readonly stages?: number;
  readonly tensors?: readonly string[];
  readonly byModule?: boolean;
  readonly unchecked?: boolean;
  readonly json?: boolean;
}

export async function estimate(names: readonly string[], options: EstimateOptions): Promise<number> {
  const { clock, stages, unchecked = false, byModule = false, json } = options;
  if (clock !== undefined && stages !== undefined) {
    throw new ConfigurationError('--clock and --stages are two ways to say one thing', 'give one of them');
  }
  const designs = names.map((name) => designNamed(name));
  const technology = technologyOf(options);
  const operands = operandsOf(options.tensors);
  const goal = clock === undefined ? (stages === undefined ? undefined : { stages }) : { periodPs: clock };
  const progress = progressLine();
  const done = designs.map((design) => {
    progress.update(`${design.name}: checking`);
    const check = ensureChecked(design, unchecked);
    progress.update(`${design.name}: estimating`);
    const estimate = estimateLogic(keptLogic(design.netlist), technology);
    const result = describeEstimate(design, estimate, {
      operands,
      ...(goal === undefined ? {} : { pipeline: goal }),
    });
    return { check, result };
  });
  progress.clear();
  const results = done.map(({ result }) => result);
  const checks = done.map(({ check }) => checkedText(check));
  print(
    json
      ? JSON.stringify(
          done.map(({ check, result }) => ({ checked: check ?? false, ...result })),
          null,
          2,
        )
      : estimateReport(results, checks, { byModule }),
  );
  return ExitCode.fine;
}

function operandsOf(sources: readonly string[] | undefined): OperandMatrices {
  if (sources === undefined) return sampleOperands();
  if (sources.length !== 2) {
    throw new ConfigurationError(`${sources.length} tensors: a MAC has two operands`, 'give two sources');
  }
  const [a, w] = [matrixFromSource(sources[0]!), matrixFromSource(sources[1]!)];
  return { a, w, name: sources.join(' and ') };
}
