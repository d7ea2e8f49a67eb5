/** Traces of runs: to add a kind, write its file and add it here. */
import { ConfigurationError } from '../../numerics/index.js';
import { CHROME } from './chrome.js';
import { HTML } from './html.js';
import { KANATA } from './kanata.js';
import { TEXT } from './text-timeline.js';
import type { TraceKind } from './trace.js';
import { VCD } from './vcd.js';
import { WAVEDROM } from './wavedrom.js';

export type { Trace, TraceEnd, TraceKind, TraceSubject, Write } from './trace.js';

export const TRACE_KINDS: readonly TraceKind[] = [HTML, CHROME, KANATA, VCD, WAVEDROM, TEXT];

/** The text timeline, for printing. */
export const TEXT_TIMELINE = TEXT;

/**
 * `FILE:kind`, or a file whose name ends as those of a kind do; the longest such end counts.
 * Throws `ConfigurationError` for a file of no kind.
 */
export function traceTarget(text: string): { readonly file: string; readonly kind: TraceKind } {
  const colon = text.lastIndexOf(':');
  const named = TRACE_KINDS.find(({ name }) => colon > 0 && name === text.slice(colon + 1));
  if (named !== undefined) return { file: text.slice(0, colon), kind: named };
  const ends = TRACE_KINDS.flatMap((kind) => kind.extensions.map((end) => ({ end, kind })));
  const [found] = ends
    .filter(({ end }) => text.toLowerCase().endsWith(end))
    .sort((a, b) => b.end.length - a.end.length);
  if (found !== undefined) return { file: text, kind: found.kind };
  throw new ConfigurationError(
    `cannot tell the kind of trace of ${text}`,
    `name it ${ends.map(({ end }) => end).join(', ')}, or add a kind: ${text}:${TRACE_KINDS.map(({ name }) => name).join('|')}`,
  );
}
