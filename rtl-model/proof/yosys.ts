/**
 * Yosys, wherever it is: the program of that name if it is installed, else the npm package `@yowasp/yosys` (the same
 * program compiled to WebAssembly), which runs in a process of its own so that it can be stopped.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type ProgramResult, tryProgram } from '../systemverilog/index.js';

export type YosysFlavour = 'system' | 'package';

/** Runs the package on the files of the working folder, and writes what it writes, as the program would. */
const PACKAGE_RUNNER = `
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
const { runYosys } = await import(process.argv[1]);
const files = Object.fromEntries(readdirSync('.').map((name) => [name, readFileSync(name, 'utf8')]));
const write = (stream) => (bytes) => bytes && stream.write(bytes);
try {
  const after = await runYosys(process.argv.slice(2), files, { stdout: write(process.stdout), stderr: write(process.stderr) });
  for (const [name, text] of Object.entries(after ?? {})) if (files[name] !== text) writeFileSync(name, text);
} catch (error) {
  process.stderr.write(String(error.message ?? error) + '\\n');
  process.exitCode = 1;
}
`;

let found: YosysFlavour | undefined | 'none';

/** Which Yosys there is; undefined if there is none. */
export function yosysFlavour(): YosysFlavour | undefined {
  found ??= isInstalled() ? 'system' : packageUrl() === undefined ? 'none' : 'package';
  return found === 'none' ? undefined : found;
}

/** A program with its arguments. */
export interface YosysCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** How a script is run. Throws if the flavour asked for is not there. */
export function yosysCommand(script: string, flavour = yosysFlavour()): YosysCommand {
  if (flavour === 'system') return { program: 'yosys', args: ['-p', script] };
  const url = packageUrl();
  if (url === undefined) throw new Error('no Yosys: npm install @yowasp/yosys, or apt-get install yosys');
  const runner = ['--no-warnings', '--input-type=module', '--eval', PACKAGE_RUNNER, url];
  return { program: process.execPath, args: [...runner, '-p', script] };
}

/** Runs a script in a folder. Throws `ProgramError` if the flavour asked for is not there. */
export function runYosys(
  script: string,
  folder: string,
  timeoutSeconds: number,
  flavour = yosysFlavour(),
): ProgramResult {
  const { program, args } = yosysCommand(script, flavour);
  return tryProgram(program, args, { cwd: folder, timeoutSeconds });
}

function isInstalled(): boolean {
  try {
    return tryProgram('yosys', ['-V']).status === 0;
  } catch {
    return false;
  }
}

function packageUrl(): string | undefined {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('@yowasp/yosys')).href;
  } catch {
    return undefined;
  }
}
