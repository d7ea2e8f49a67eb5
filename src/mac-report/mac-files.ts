/** The three files of a comparison of MACs: a page, Markdown, and the same facts for machines. */
import type { MacComparison, Overhead } from '../compare/index.js';
import { macPage } from './mac-page.js';
import { macReport } from './mac-report.js';

export function comparisonFiles(
  comparison: MacComparison,
  overheads: readonly Overhead[],
  checked: ReadonlyMap<string, string>,
): { readonly file: string; readonly text: string }[] {
  const facts = { ...comparison, overheads, checked: Object.fromEntries(checked) };
  return [
    { file: 'mac-comparison.html', text: macPage(comparison, overheads, checked) },
    { file: 'mac-comparison.md', text: `${macReport(comparison, overheads, checked)}\n` },
    { file: 'mac-comparison.json', text: `${JSON.stringify(facts, null, 1)}\n` },
  ];
}
