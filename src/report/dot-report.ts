/**
 * One dot product, step by step, for a person who learns a semantic:
 *
 *   product  k   0   0x7 × 0x7    6 × 6 = 36             exponent 4
 *   align    largest exponent 4 (product k = 0), last place 2^−31
 *   term     …                     exact 36, kept 36, dropped 0
 *   round    toward-zero           36 → 0x42100000
 */
import type { DotTrace, TracedValue, TraceEvent } from '../dot/index.js';
import { hex } from '../numerics/index.js';

/** The trace as text. */
export function dotReport(trace: DotTrace): string {
  const head = `${trace.semantic}: ${trace.aFormat} · ${trace.bFormat}, C = ${bitsText(trace.c)}`;
  const lines = zeroRunsOf(trace.events).map((run) =>
    run.length > SHOWN_ZEROS ? zeroRun(run) : run.map(describe).join('\n'),
  );
  return [head, '', ...lines, '', `D = ${bitsText(trace.bits)} = ${trace.value}`].join('\n');
}

/** Zero products in a row that are shown one by one; a longer run takes one line. */
const SHOWN_ZEROS = 2;

/** The events in groups: zero products in a row together, everything else alone. */
function zeroRunsOf(events: readonly TraceEvent[]): TraceEvent[][] {
  const runs: TraceEvent[][] = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (last !== undefined && isZeroProduct(event) && isZeroProduct(last[0]!)) last.push(event);
    else runs.push([event]);
  }
  return runs;
}

function isZeroProduct(event: TraceEvent): boolean {
  return event.kind === 'product' && event.product === 0;
}

function zeroRun(run: readonly TraceEvent[]): string {
  const positions = run.map((event) => (event.kind === 'product' ? event.k : 0));
  return line(
    'product',
    `k ${pad(positions[0]!, 3)} … ${positions.at(-1)}`,
    `${run.length} products of zero`,
    '',
  );
}

type Describe = { readonly [K in TraceEvent['kind']]: (event: Extract<TraceEvent, { kind: K }>) => string };

const DESCRIBE: Describe = {
  section: ({ label }) => `\n${label}`,
  product: ({ k, aCode, bCode, a, b, product, exponent }) =>
    line(
      'product',
      `k ${pad(k, 3)}`,
      `${code(aCode)} × ${code(bCode)}: ${a} × ${b} = ${product}`,
      exponentText(exponent),
    ),
  scales: ({ k, aCode, bCode, aScale, bScale, exponent }) =>
    line(
      'scales',
      `k ${pad(k, 3)}`,
      `${code(aCode)} · ${code(bCode)}: ${aScale} × ${bScale}`,
      exponentText(exponent),
    ),
  align: ({ maxExponent, from, lastPlace }) =>
    line('align', '', `largest exponent ${maxExponent}, from ${from}`, `last place kept 2^${lastPlace}`),
  term: ({ label, exponent, exact, kept, dropped }) =>
    line(
      'term',
      label,
      `${number(exact)} → ${number(kept)}${dropped.value === 0 && exact.exact === kept.exact ? '' : `, dropped ${number(dropped)}`}`,
      exponentText(exponent),
    ),
  sum: ({ label, exact }) => line('sum', label, `${number(exact)}`, exact.exact),
  round: ({ label, mode, exact, bits }) => line('round', label, `${number(exact)} → ${bitsText(bits)}`, mode),
  special: ({ label, bits }) => line('special', label, bitsText(bits), ''),
};

function describe(event: TraceEvent): string {
  return (DESCRIBE[event.kind] as (e: TraceEvent) => string)(event);
}

function line(kind: string, label: string, what: string, aside: string): string {
  return `  ${kind.padEnd(8)} ${label.padEnd(18)} ${what.padEnd(44)} ${aside}`.trimEnd();
}

function exponentText(exponent: number | null): string {
  return exponent === null ? '' : `exponent ${exponent}`;
}

function number({ value, exact }: TracedValue): string {
  return Number.isFinite(value) ? String(value) : exact;
}

function bitsText(bits: number): string {
  return `0x${hex(bits, 8)}`;
}

function code(value: number): string {
  return `0x${hex(value, value > 15 ? 2 : 1)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}
