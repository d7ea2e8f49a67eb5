/**
 * Proofs, one line each and a closing line.
 *
 *   proved      2.6 s  lane nvfp4_exact_16: one lane and its decoders, from nvfp4 and nvfp4 codes to product and scales
 */
import type { ProofResult } from '../../rtl-model/proof/index.js';

/** One result; what shows that a claim does not hold, or why it is not proved, on lines of its own. */
export function proofReport({ goal, status, seconds, detail }: ProofResult): string {
  const line = `${status.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s  ${goal.name}: ${goal.claim}`;
  if (status === 'proved') return line;
  return [line, ...detail.split('\n').map((text) => `    ${text.trimEnd()}`)].join('\n');
}

export function proofSummary(configuration: string, yosys: string, results: readonly ProofResult[]): string {
  const count = (wanted: ProofResult['status']) => results.filter(({ status }) => status === wanted).length;
  const others = (['refuted', 'not proved'] as const).map((status) => `${count(status)} ${status}`);
  return `\n${configuration}: ${count('proved')} of ${results.length} proved, ${others.join(', ')}, by Yosys (${yosys})`;
}
