/** `fp4sim prove` */
import type { Design } from '../../../rtl-model/designs/index.js';
import {
  comparisonGoal,
  designGoals,
  type ProofGoal,
  type ProofResult,
  prove as proveGoal,
  type YosysFlavour,
  yosysFlavour,
} from '../../../rtl-model/proof/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { proofReport, proofSummary } from '../../report/index.js';
import { designNamed, designOf } from '../design-names.js';
import { ExitCode } from '../errors.js';
import type { DesignFlags } from '../groups/designs.js';
import { print, progressLine } from '../terminal.js';

interface ProveOptions extends DesignFlags {
  readonly against: string;
  readonly yosys?: YosysFlavour;
  readonly timeout?: number;
  readonly json?: boolean;
}

export async function prove(name: string, options: ProveOptions): Promise<number> {
  const { design } = designOf(name, options);
  const goals = goalsFor(design, options);
  const yosys = options.yosys ?? yosysFlavour();
  if (yosys === undefined) {
    throw new ConfigurationError(
      'there is no Yosys here',
      'npm install @yowasp/yosys, or apt-get install yosys',
    );
  }
  const progress = progressLine();
  const results = goals.map((goal, i): ProofResult => {
    progress.update(`goal ${i + 1} of ${goals.length}: ${goal.name}`);
    const result = proveGoal(goal, { yosys });
    progress.clear();
    if (!options.json) print(proofReport(result));
    return result;
  });
  const proved = results.every(({ status }) => status === 'proved');
  const text = { design: design.configuration, yosys, proved, results: results.map(plain) };
  print(options.json ? JSON.stringify(text, null, 2) : proofSummary(design.configuration, yosys, results));
  return proved ? ExitCode.fine : ExitCode.checkFailed;
}

function goalsFor(design: Design, { against, timeout }: ProveOptions): readonly ProofGoal[] {
  const goals = against === 'oracle' ? designGoals(design) : [comparisonGoal(design, designNamed(against))];
  if (goals.length === 0) {
    throw new ConfigurationError(
      `nothing about ${design.name} is within reach of a proof`,
      `compare it by simulation: fp4sim sim ${design.name}`,
    );
  }
  return timeout === undefined ? goals : goals.map((goal) => withTimeout(goal, timeout));
}

function withTimeout(goal: ProofGoal, timeoutSeconds: number): ProofGoal {
  const { lemmas } = goal;
  const limited = { ...goal, timeoutSeconds };
  return lemmas === undefined
    ? limited
    : { ...limited, lemmas: lemmas.map((lemma) => withTimeout(lemma, timeoutSeconds)) };
}

/** A result without the circuits. */
function plain({ goal: { name, claim }, status, seconds, detail }: ProofResult) {
  return { name, claim, status, seconds, detail };
}
