/**
 * Proofs that two circuits are equal for every input, by Yosys and its SAT solver (MiniSat).
 *
 * Each goal has two sides: what is claimed (`specification`: a table, a plain operator, another design) and what is
 * built (`implementation`: emitted SystemVerilog). A proof that runs out of time is reported as not proved.
 */
import type { Module } from '../hdl/index.js';
import { type EmittedFile, emitModules, inFolder, writeFiles } from '../systemverilog/index.js';
import { runYosys, type YosysFlavour, yosysFlavour } from './yosys.js';

/** One circuit of a goal. */
export interface ProofSide {
  readonly top: string;
  readonly files: readonly EmittedFile[];
}

export interface ProofGoal {
  readonly name: string;
  /** What is proved, in a sentence. */
  readonly claim: string;
  readonly specification: ProofSide;
  readonly implementation: ProofSide;
  /** Default 60. */
  readonly timeoutSeconds?: number;
  /**
   * Clocked circuits: induction over time. Both sides start from reset; outputs equal in this many successive cycles
   * have to imply equal outputs in the next one. Undefined for combinational circuits.
   */
  readonly inductionCycles?: number;
  /** Goals that together imply this one, for goals that are too hard as one question; tried instead of it. */
  readonly lemmas?: readonly ProofGoal[];
  /** Why the lemmas imply the goal. Default: addition modulo 2^width, which is associative and commutative. */
  readonly joinedBy?: string;
}

export interface ProofResult {
  readonly goal: ProofGoal;
  readonly status: 'proved' | 'refuted' | 'not proved';
  readonly seconds: number;
  /** The counterexample, the reason for giving up, or the size of the problem. */
  readonly detail: string;
}

export interface ProofOptions {
  readonly yosys?: YosysFlavour;
}

/** The emitted SystemVerilog of a module as a side. */
export function sideOf(module: Module): ProofSide {
  return { top: module.name, files: emitModules(module) };
}

/** Tries to prove a goal. Throws `ProgramError` when Yosys cannot be started. */
export function prove(goal: ProofGoal, { yosys = yosysFlavour() }: ProofOptions = {}): ProofResult {
  if (goal.lemmas !== undefined) return proveByLemmas(goal, goal.lemmas, yosys);
  return inFolder((folder) => {
    const script = [
      ...readSide('specification', goal.specification, folder),
      ...readSide('implementation', goal.implementation, folder),
      ...miterScript(goal),
    ].join('\n');
    const { status, output, seconds } = runYosys(script, folder, goal.timeoutSeconds ?? 60, yosys);
    return { goal, seconds, ...verdict(status, output) };
  });
}

/** Proves the lemmas, equal ones once; the first that is not proved decides. */
function proveByLemmas(
  goal: ProofGoal,
  lemmas: readonly ProofGoal[],
  yosys: YosysFlavour | undefined,
): ProofResult {
  const textOf = ({ specification, implementation }: ProofGoal) =>
    [specification, implementation].flatMap(({ files }) => files.map(({ text }) => text)).join('\n');
  const distinct = [...new Map(lemmas.map((lemma) => [textOf(lemma), lemma])).values()];
  let seconds = 0;
  for (const lemma of distinct) {
    const result = prove(lemma, yosys === undefined ? {} : { yosys });
    seconds += result.seconds;
    if (result.status === 'proved') continue;
    // A wrong lemma may be a fault of the cut: it does not refute the goal.
    return {
      goal,
      status: 'not proved',
      seconds,
      detail: `${lemma.name}: ${result.status}: ${result.detail}`,
    };
  }
  const detail = `${lemmas.length} lemmas (${distinct.length} distinct), joined by ${goal.joinedBy ?? 'addition modulo 2^width'}`;
  return { goal, status: 'proved', seconds, detail };
}

/** Reads one side into a design of its own, flat, and keeps it under the side's name. */
function readSide(name: string, { top, files }: ProofSide, folder: string): string[] {
  const renamed = files.map(({ file, text }) => ({ file: `${name}_${file}`, text }));
  writeFiles(folder, renamed);
  return [
    `read_verilog -sv ${renamed.map(({ file }) => file).join(' ')}`,
    `hierarchy -check -top ${top}`,
    // A case table becomes a memory; the solver only knows gates.
    'proc; memory -nomap; memory_map; flatten; async2sync; opt_expr; opt_clean',
    `rename ${top} ${name}`,
    `design -stash ${name}`,
  ];
}

function miterScript({ inductionCycles }: ProofGoal): string[] {
  const copy = (name: string) => `design -copy-from ${name} -as ${name} ${name}`;
  const time =
    inductionCycles === undefined
      ? ''
      : `-seq 1 -tempinduct -maxsteps ${inductionCycles + 1} -set-init-zero -set-at 1 in_rst_n 0 `;
  return [
    copy('specification'),
    copy('implementation'),
    'miter -equiv -flatten -make_outputs specification implementation miter',
    // Equal gates on both sides become one: what is left is what differs in structure.
    'hierarchy -top miter; opt_expr; opt_merge; opt_clean; stat',
    `sat ${time}-prove trigger 0 -show-ports miter`,
  ];
}

const MODEL = /Signal Name[\s\S]*?(?=\n\n|$)/;

function verdict(status: number | null, output: string): Pick<ProofResult, 'status' | 'detail'> {
  if (status === null) return { status: 'not proved', detail: 'out of time' };
  if (/no model found: SUCCESS|Induction step proven: SUCCESS/.test(output)) {
    const size = /Solving problem with (\d+) variables and (\d+) clauses/.exec(output);
    return { status: 'proved', detail: size === null ? '' : `${size[1]} variables, ${size[2]} clauses` };
  }
  if (/model found: FAIL|model found for base case: FAIL/.test(output)) {
    return { status: 'refuted', detail: MODEL.exec(output)?.[0].trim() ?? 'a counterexample exists' };
  }
  return { status: 'not proved', detail: output.trim().split('\n').slice(-3).join(' ') };
}
