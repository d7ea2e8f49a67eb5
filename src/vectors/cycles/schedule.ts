/**
 * When the vectors of a stream are taken: back to back, with bubbles, held back by a stalled source, with flushes
 * between them, after a pause in which the pipeline runs empty, or after a reset that cuts a dot product off. Every
 * schedule begins with a reset and ends with an empty pipeline.
 */
import type { Design, MacDesign } from '../../../rtl-model/designs/index.js';
import type { Random } from '../../numerics/index.js';
import type { SegmentLines } from '../mac/layout.js';

export type Cycle =
  | { readonly kind: 'reset' | 'flush' }
  /** Enable is 0, every other port carries noise. */
  | { readonly kind: 'bubble' }
  /** Enable is 0, the ports already show the next vector: its source is held back. */
  | { readonly kind: 'stall'; readonly line: number }
  | { readonly kind: 'take'; readonly line: number };

/** What comes before a vector, and before the first one of a dot product. */
interface Pattern {
  readonly summary: string;
  before(random: Random, line: number): readonly Cycle[];
  begin(random: Random, drain: number, segment: SegmentLines): readonly Cycle[];
}

const RESET_CYCLES = 2;
const BUBBLE: Cycle = { kind: 'bubble' };
const FLUSH: Cycle = { kind: 'flush' };
const some = (cycle: Cycle, count: number) => new Array<Cycle>(count).fill(cycle);
const nothing = (): readonly Cycle[] => [];

/** The dot product up to one of its vectors, and a reset some cycles later: whatever is still in the pipeline is lost. */
function cutOff(random: Random, drain: number, { from, to }: SegmentLines): readonly Cycle[] {
  const taken = Array.from(
    { length: 1 + random.below(to - from) },
    (_, i): Cycle => ({ kind: 'take', line: from + i }),
  );
  return [
    ...taken,
    ...some(BUBBLE, random.below(drain)),
    ...some({ kind: 'reset' }, 1 + random.below(RESET_CYCLES)),
  ];
}

/** By name; the flushes are for designs whose results show at the next `first`. */
export const PATTERNS = {
  'back-to-back': {
    summary: 'no cycle lost',
    before: nothing,
    begin: nothing,
  },
  bubbles: {
    summary: 'cycles without enable, noise on all other ports',
    before: (random) => some(BUBBLE, Math.max(0, random.below(5) - 2)),
    begin: nothing,
  },
  stalls: {
    summary: 'vectors held on the ports for some cycles before they are taken',
    before: (random, line) => some({ kind: 'stall', line }, random.below(3) === 0 ? 1 + random.below(8) : 0),
    begin: nothing,
  },
  pauses: {
    summary: 'the pipeline runs empty before a dot product',
    before: nothing,
    begin: (random, drain) => some(BUBBLE, random.below(2 * drain)),
  },
  flushes: {
    summary: 'one or two flushes before a dot product',
    before: nothing,
    begin: (random) => some(FLUSH, 1 + random.below(2)),
  },
  resets: {
    summary: 'a dot product cut off by a reset, then taken from its beginning',
    before: nothing,
    begin: cutOff,
  },
} as const satisfies Readonly<Record<string, Pattern>>;

export type PatternName = keyof typeof PATTERNS;

/** The patterns that a design takes. */
export function patternsFor(design: Design): PatternName[] {
  const names = Object.keys(PATTERNS) as PatternName[];
  return names.filter((name) => name !== 'flushes' || flushes(design));
}

/** Whether a flush brings out the last result. */
export const flushes = (design: Design): design is MacDesign =>
  design.kind === 'mac' && design.protocol.segmentEnd === 'next-first';

/** Least number of edges between the beginnings of two dot products. */
export function intervalOf({ protocol }: Design): number {
  return 'interval' in protocol ? protocol.interval : protocol.segmentInterval;
}

/** Exactly `count` cycles with as many of the dot products as fit, each by a pattern that is drawn from the list. */
export function scheduleOf(
  design: Design,
  segments: readonly SegmentLines[],
  patterns: readonly PatternName[],
  count: number,
  random: Random,
): Cycle[] {
  const interval = intervalOf(design);
  const drain = design.latencyCycles + 1;
  const room = count - (flushes(design) ? interval + 1 : 0) - drain;
  const cycles = some({ kind: 'reset' }, Math.min(count, RESET_CYCLES));
  /** Place of the last beginning since a reset. */
  let lastBegin = -interval;
  /** Adds cycles, with bubbles before a beginning that would come too early. */
  const add = (parts: readonly Cycle[], isBeginning: (cycle: Cycle) => boolean) => {
    for (const cycle of parts) {
      if (cycle.kind === 'reset') lastBegin = -interval;
      if (isBeginning(cycle)) {
        while (cycles.length - lastBegin < interval) cycles.push(BUBBLE);
        lastBegin = cycles.length;
      }
      cycles.push(cycle);
    }
  };
  for (const segment of segments) {
    const { begin, before }: Pattern = PATTERNS[random.pick(patterns)];
    const parts = [...begin(random, drain, segment)];
    for (let line = segment.from; line < segment.to; line++)
      parts.push(...before(random, line), { kind: 'take', line });
    const isBeginning = (cycle: Cycle) =>
      cycle.kind === 'flush' || (cycle.kind === 'take' && cycle.line === segment.from);
    if (cycles.length + parts.length + parts.filter(isBeginning).length * interval > room) break;
    add(parts, isBeginning);
  }
  if (flushes(design) && cycles.length < room) add([FLUSH], () => true);
  return [...cycles, ...some(BUBBLE, count - cycles.length)];
}

/**
 * The lines whose results show, in the order in which they do; `flushed` for a flush. A result that is due when, or
 * after, a reset comes does not show.
 */
export function resultsOf(
  design: Design,
  segments: readonly SegmentLines[],
  cycles: readonly Cycle[],
  flushed: number,
): number[] {
  const ends = new Map(segments.map(({ from, to }) => [from, to - 1]));
  const lasts = new Set(ends.values());
  const isBroughtOut = flushes(design);
  const shown: number[] = [];
  let pending: { readonly line: number; readonly due: number }[] = [];
  /** Line with the result of the dot product that has begun, where the next beginning brings it out. */
  let begun: number | undefined;
  cycles.forEach((cycle, at) => {
    if (cycle.kind === 'reset') {
      shown.push(...pending.filter(({ due }) => due < at).map(({ line }) => line));
      pending = [];
      begun = undefined;
    }
    const due = at + design.latencyCycles;
    const begins =
      cycle.kind === 'flush' ? flushed : cycle.kind === 'take' ? ends.get(cycle.line) : undefined;
    if (isBroughtOut && begins !== undefined) {
      if (begun !== undefined) pending.push({ line: begun, due });
      begun = begins;
    }
    if (!isBroughtOut && cycle.kind === 'take' && lasts.has(cycle.line))
      pending.push({ line: cycle.line, due });
  });
  return [...shown, ...pending.map(({ line }) => line)];
}
