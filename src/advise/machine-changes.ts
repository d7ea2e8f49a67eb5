/**
 * Changes of a machine that show what bounds a program: each makes one resource twice as fast, or does away with it.
 * Data only: which figures, and by what factor. A changed figure stays in the range that its kind allows.
 */
import { type Figure, figureKind, figuresOf, type MachineModel, withFigures } from '../machine/index.js';

export const RESOURCES = [
  'mma',
  'copy',
  'l2',
  'dram',
  'issue',
  'quantise',
  'epilogue',
  'tail',
  'dependency',
] as const;
/** What can bound a program; `dependency` is every latency that something waits for. */
export type Resource = (typeof RESOURCES)[number];

export interface MachineChange {
  readonly resource: Resource;
  readonly text: string;
  /** Figures by their paths, and what each is multiplied by. */
  readonly scale: readonly (readonly [path: RegExp, factor: number])[];
  /** Does away with the resource instead of halving its time: shows a limit, and is not compared with the others. */
  readonly limit?: boolean;
}

/** More than any program asks for. */
const AMPLE = 1000;

export const MACHINE_CHANGES: readonly MachineChange[] = [
  {
    resource: 'mma',
    text: 'MMA interval halved',
    // A grid has no interval of its own: twice the rows of MACs take half as long.
    scale: [
      [/^mma\.rate\.ports\..*\.cycles(PerColumn)?$/, 1 / 2],
      [/^mma\.rate\.rows$/, 2],
    ],
  },
  { resource: 'mma', text: 'no bank conflicts', scale: [[/^banks\.swizzleBytes$/, AMPLE]], limit: true },
  { resource: 'copy', text: 'load ports twice as wide', scale: [[/^copy\.loadBytesPerCycle$/, 2]] },
  { resource: 'l2', text: 'L2 bandwidth doubled', scale: [[/^l2BytesPerCycle$/, 2]] },
  { resource: 'dram', text: 'DRAM bandwidth doubled', scale: [[/^memory\.dramBytesPerCycle$/, 2]] },
  {
    resource: 'issue',
    text: 'instructions issued in half the time',
    scale: [
      [/^issueCycles\.|^mma\.rate\.issueCycles$/, 1 / 2],
      [/^issueWidth$/, 2],
    ],
  },
  { resource: 'quantise', text: 'quantise pipelines doubled', scale: [[/^quantize\.pipelines$/, 2]] },
  {
    resource: 'epilogue',
    text: 'vector lanes and store bandwidth doubled',
    scale: [
      [/^vector\.lanes$|^copy\.storeBytesPerCycle$|^store\..*BytesPerCycle$/, 2],
      [/^store\.direct\.(s|partialS)ectorCycles$/, 1 / 2],
    ],
  },
  {
    resource: 'epilogue',
    text: 'no epilogue: vector unit and stores take no time',
    scale: [
      [
        /^vector\.lanes$|^copy\.storeBytesPerCycle$|^store\..*BytesPerCycle$|^store\.direct\.queueCycles$/,
        AMPLE,
      ],
      [/^store\.direct\.(s|partialS)ectorCycles$/, 1 / AMPLE],
      [/^vector\.latencyCycles$|^copy\.storeLatencyCycles$|^store\..*\.(latency|read)Cycles$/, 0],
    ],
    limit: true,
  },
  { resource: 'dependency', text: 'L2 latency halved', scale: [[/^copy\.loadLatencyCycles$/, 1 / 2]] },
  { resource: 'dependency', text: 'DRAM latency halved', scale: [[/^memory\.dramLatencyCycles$/, 1 / 2]] },
  {
    resource: 'dependency',
    text: 'MMA latency halved',
    scale: [[/^mma\.rate\.(mac\.latencyCycles|latencyCycles\.\w+|latencyPerColumn)$/, 1 / 2]],
  },
  {
    resource: 'dependency',
    text: 'quantise latency halved',
    scale: [[/^quantize\.(latency|transpose)Cycles$/, 1 / 2]],
  },
  {
    resource: 'dependency',
    text: 'barrier hand-off in half the time',
    scale: [[/^barrierLatencyCycles$|^poll\.\w+Cycles$/, 1 / 2]],
  },
];

/** The model with a change made; undefined if it has none of the figures, or none that can change further. */
export function changedModel(model: MachineModel, { text, scale }: MachineChange): MachineModel | undefined {
  const found = new Map<string, Figure>();
  for (const { path, figure } of figuresOf(model)) {
    const factor = scale.find(([pattern]) => pattern.test(path))?.[1];
    if (factor === undefined || !applies(model, path)) continue;
    const value = withinRange(path, figure.value * factor);
    if (value !== figure.value) found.set(path, { value, source: `assumption: ${text}` });
  }
  return found.size === 0 ? undefined : withFigures(model, found);
}

/** Twice the rows halve the time of a grid only: steps have ports. */
function applies({ mma }: MachineModel, path: string): boolean {
  return path !== 'mma.rate.rows' || mma.rate.kind === 'grid';
}

function withinRange(path: string, value: number): number {
  const { least, most, whole } = figureKind(path)!;
  return Math.min(most, Math.max(least, whole ? Math.floor(value) : value));
}

/** The model with another number of cores. */
export function withCores(model: MachineModel, cores: number): MachineModel {
  return withFigures(model, new Map([['cores', { value: cores, source: 'assumption: more cores' }]]));
}
