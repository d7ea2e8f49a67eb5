/**
 * The CHECK lines of the programs: what each RUN line of a program's header printed when it was last looked at.
 *
 *   node scripts/update-programs.mjs [FILE.s …]            runs every RUN line and rewrites the CHECK lines below it
 *   node scripts/update-programs.mjs --check [FILE.s …]    compares them instead; status 1 if one differs
 *
 * A RUN line is a command; a CHECK line is `cycles N`, or an output tensor with its digest, the elements that differ
 * from the oracle, the relative error and, of a few elements, the values:
 *
 *   ; RUN: fp4sim run programs/gemm_nvfp4.s
 *   ; CHECK: cycles 3330
 *   ; CHECK: D 256x256 fp32 sha256 11fcaf609c74687e mismatches 0 error 8.571e-2
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fail, root, setUp } from './setup.mjs';

const RUN = /^; RUN: fp4sim (run .*)$/;
const CHECK = /^; CHECK: /;
const DIGEST_DIGITS = 16;

/** Every program, by its path from the root. */
function programFiles() {
  return readdirSync(join(root, 'programs'), { recursive: true })
    .map((name) => join('programs', name))
    .filter((name) => name.endsWith('.s'))
    .sort();
}

/** The CHECK lines of a run. */
function checksOf(words) {
  const command = [join(root, 'dist', 'src', 'cli', 'main.js'), ...words, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) fail(`fp4sim ${words.join(' ')} ended with status ${status}\n${stderr}`);
  const { cycles, outputs } = JSON.parse(stdout);
  return [`cycles ${cycles}`, ...outputs.map(describeOutput)].map((text) => `; CHECK: ${text}`);
}

function describeOutput({ name, rows, cols, format, sha256, verification, values }) {
  const parts = [`${name} ${rows}x${cols} ${format} sha256 ${sha256.slice(0, DIGEST_DIGITS)}`];
  if (verification !== undefined) {
    const { mismatches, relativeError } = verification;
    parts.push(`mismatches ${mismatches} error ${relativeError.toExponential(3)}`);
  }
  if (values !== undefined) parts.push(`values ${values.join(' ')}`);
  return parts.join(' ');
}

/** A program's text with its CHECK lines as they are now. */
function updated(text) {
  return text
    .split('\n')
    .filter((line) => !CHECK.test(line))
    .flatMap((line) => {
      const match = RUN.exec(line);
      return match === null ? [line] : [line, ...checksOf(match[1].trim().split(/\s+/))];
    })
    .join('\n');
}

/** The first line that differs, as it is and as it should be. */
function firstDifference(text, wanted) {
  const [lines, others] = [text.split('\n'), wanted.split('\n')];
  const at = others.findIndex((line, i) => line !== lines[i]);
  return `line ${at + 1}:\n  is       ${lines[at]}\n  should be ${others[at]}`;
}

const words = process.argv.slice(2);
const checkOnly = words.includes('--check');
const named = words
  .filter((word) => word !== '--check')
  .map((word) => relative(root, join(process.cwd(), word)));
if (!checkOnly) setUp();
for (const file of named.length > 0 ? named : programFiles()) {
  const text = readFileSync(join(root, file), 'utf8');
  if (!text.split('\n').some((line) => RUN.test(line))) fail(`${file} has no RUN line`);
  const wanted = updated(text);
  if (wanted === text) continue;
  if (checkOnly) fail(`${file}: ${firstDifference(text, wanted)}`);
  writeFileSync(join(root, file), wanted);
  console.log(file);
}
