/**
 * The coverage model as SystemVerilog covergroups: one a point, sampled with the number of a bin. The bench's reference
 * model says which bins a dot product hits (`fp4sim coverage --json` lists them in the same order).
 *
 * Icarus 11 and Verilator 5.006 refuse the keyword; slang 12 compiles the package without a diagnostic. Kept to the
 * plainest form of IEEE 1800-2017 clause 19: one coverpoint a group, one value a bin.
 */
import { packageName } from '../files/package-text.js';
import type { PointCoverage } from './measure.js';

/** The file of a unit; `stem` names the package. */
export function covergroupText(stem: string, points: readonly PointCoverage[]): string {
  const name = packageName(`${stem}_coverage`);
  return `// Functional coverage of ${stem}: a covergroup a point, sampled with the number of a bin.
package ${name};
${points.map(covergroup).join('\n')}endpackage
`;
}

const identifier = (text: string) => text.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/^(?=\d)/, '_');

function covergroup({ name, summary, bins }: PointCoverage): string {
  const lines = bins.map(({ unreachable }, i) =>
    unreachable === undefined ? `      bins b${i} = {${i}};` : `      ignore_bins b${i} = {${i}};`,
  );
  const notes = bins.map(
    ({ name: bin, unreachable }, i) =>
      `${lines[i]}  // ${bin}${unreachable === undefined ? '' : `: ${unreachable}`}`,
  );
  return `
  // ${summary}
  covergroup ${identifier(name)}_cg with function sample(int number);
    option.name = "${name}";
    number_cp: coverpoint number {
${notes.join('\n')}
    }
  endgroup
`;
}
