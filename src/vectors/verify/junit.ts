/** A verification as JUnit XML: a test case a class. */
import type { VerifyReport } from './session.js';
import type { ClassReport } from './verify.js';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character]!);

export function junitText({ target, classes }: VerifyReport): string {
  const failures = classes.filter(isFailed).length;
  const cases = classes.map((report) => {
    const head = `    <testcase classname="${escaped(`${target}.${report.unit}`)}" name="${escaped(report.name)}"`;
    return isFailed(report) ? `${head}>\n${failure(report)}\n    </testcase>` : `${head}/>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="${classes.length}" failures="${failures}">
  <testsuite name="${escaped(target)}" tests="${classes.length}" failures="${failures}">
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

function isFailed({ mismatches, problems }: ClassReport): boolean {
  return mismatches > 0 || problems.length > 0;
}

function failure({ mismatches, compared, problems, first, diagnoses }: ClassReport): string {
  const message = `${mismatches} of ${compared} results differ`;
  const lines = [...problems, ...diagnoses.map(({ says }) => `the answers match a device that ${says}`)];
  if (first !== undefined) {
    const fields = first.fields.map((f) => `${f.field}: expected ${f.expected}, found ${f.found}`);
    lines.push(`first: ${first.file} vector ${first.vector}`, ...fields, ...first.explanation.operands);
  }
  return `      <failure message="${escaped(message)}">${escaped(lines.join('\n'))}</failure>`;
}
