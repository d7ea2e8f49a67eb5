/**
 * Answers of a device against golden vectors, for people:
 *
 *   class      results   wrong
 *   uniform    680       12
 *
 *   uniform: the answers match a device that truncates (rounds toward zero): 12 of 12 wrong, 48 of 48 right answers
 *   first mismatch: … vector 7
 */

import { type Column, table } from '../text/index.js';
import type { ClassReport, Mismatch, StageMismatch, VerifyReport } from '../vectors/index.js';
import { dotReport } from './dot-report.js';

const COLUMNS: readonly Column<ClassReport>[] = [
  { title: 'unit', value: ({ unit }) => unit },
  { title: 'class', value: ({ name }) => name },
  { title: 'results', value: ({ results }) => results },
  { title: 'compared', value: ({ compared }) => compared },
  { title: 'wrong', value: ({ mismatches }) => mismatches },
  { title: 'unknown bits', value: ({ unknown }) => unknown },
];

export function verifyReport(report: VerifyReport): string {
  const { configuration, passed, compared, results, mismatches, classes } = report;
  const failed =
    mismatches === 0 ? 'answers are missing or too many' : `${mismatches} of ${compared} answers are wrong`;
  const verdict = passed ? 'all answers are right' : failed;
  return [
    `${configuration}: ${verdict} (${compared} of ${results} results compared)`,
    '',
    table(classes, COLUMNS),
    ...classes.flatMap(findings),
  ].join('\n');
}

function findings({ name, problems, diagnoses, first, mismatches }: ClassReport): string[] {
  if (mismatches === 0 && problems.length === 0) return [];
  const diagnosed = diagnoses.map(
    ({ says, policy, explained, wrong, kept, right }) =>
      `the answers match a device that ${says}\n  [${policy}: ${explained} of ${wrong} wrong and ${kept} of ${right} right answers looked at]`,
  );
  if (mismatches > 0 && diagnosed.length === 0 && problems.length === 0)
    diagnosed.push('no known policy gives these answers');
  return ['', `${name}:`, ...problems, ...diagnosed, ...(first === undefined ? [] : [firstText(first)])];
}

function stageText({ name, edge, right }: StageMismatch): string {
  const before = right.length === 0 ? '' : `; right before it: ${right.join(', ')}`;
  return `  first wrong stage: ${name}, edge ${edge} of the vector${before}`;
}

function firstText({ file, vector, at, fields, stage, explanation }: Mismatch): string {
  const values = fields.map(
    ({ field, expected, found }) => `  ${field}: expected ${expected}, found ${found}`,
  );
  const trace = explanation.trace === undefined ? [] : ['', dotReport(explanation.trace)];
  return [
    `first wrong answer: ${file} vector ${vector}, line ${at} of the response`,
    ...(stage === undefined ? [] : [stageText(stage)]),
    ...values,
    ...explanation.operands.map((line) => `  ${line}`),
    ...trace,
  ].join('\n');
}
