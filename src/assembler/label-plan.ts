/** Which labels a disassembly prints, and by what name a branch refers to an instruction. */
import type { Program, StreamDeclaration } from './program.js';

export interface LabelPlan {
  /** Labels as written before each instruction that has any. */
  readonly definitions: ReadonlyMap<number, readonly string[]>;
  /** The name by which the instruction at `from` refers to the one at `target`; undefined if it cannot. */
  refer(from: number, target: number): string | undefined;
}

/** The program's own labels if they reach every branch target, else one made-up label a target. */
export function planLabels(program: Program, targets: ReadonlyMap<number, readonly number[]>): LabelPlan {
  const own = ownLabels(program);
  if (own !== undefined) {
    const isReached = [...targets].every(([from, list]) =>
      list.every((target) => own.refer(from, target) !== undefined),
    );
    if (isReached) return own;
  }
  return madeUpLabels(program, targets);
}

/** Labels of the source, unless a local one is out of its scope. */
function ownLabels({ labels, streams, instructions }: Program): LabelPlan | undefined {
  const keys = new Map<number, string[]>();
  for (const [key, target] of labels) keys.set(target, [...(keys.get(target) ?? []), key]);
  const definitions = new Map<number, string[]>();
  const scopes: string[] = [];
  for (const { name, start, length } of streams) {
    let scope = name;
    for (let i = start; i < start + length; i++) {
      const written: string[] = [];
      for (const key of keys.get(i) ?? []) {
        const dot = key.indexOf('.');
        if (dot >= 0 && key.slice(0, dot) !== scope) return undefined;
        if (dot < 0) scope = key;
        written.push(dot < 0 ? key : key.slice(dot));
      }
      if (written.length > 0) definitions.set(i, written);
      scopes.push(scope);
    }
  }
  if ([...labels.values()].some((target) => target >= instructions.length)) return undefined;
  const refer = (from: number, target: number): string | undefined => {
    if (streamOf(streams, from) !== streamOf(streams, target)) return undefined;
    const here = keys.get(target) ?? [];
    const global = here.find((key) => !key.includes('.'));
    const local = here.find((key) => key.startsWith(`${scopes[from]}.`));
    return global ?? local?.slice(local.indexOf('.'));
  };
  return { definitions, refer };
}

function madeUpLabels({ streams }: Program, targets: ReadonlyMap<number, readonly number[]>): LabelPlan {
  let prefix = 'L';
  while (streams.some(({ name }) => name.startsWith(prefix))) prefix += '_';
  const wanted = [...new Set([...targets.values()].flat())];
  return {
    definitions: new Map(wanted.map((target) => [target, [`${prefix}${target}`]])),
    refer: (_, target) => `${prefix}${target}`,
  };
}

function streamOf(streams: readonly StreamDeclaration[], index: number): StreamDeclaration | undefined {
  let low = 0;
  let high = streams.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (streams[middle]!.start + streams[middle]!.length <= index) low = middle + 1;
    else high = middle;
  }
  return streams[low];
}
