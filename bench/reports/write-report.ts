/** Where reports go. A report is a text for people (`.md`) and the same facts for machines (`.json`). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the project, seen from `dist/bench/reports/`. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export function writeReport(file: string, content: string): void {
  const folder = join(ROOT, 'reports');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), content.endsWith('\n') ? content : `${content}\n`);
  console.log(`reports/${file}`);
}
