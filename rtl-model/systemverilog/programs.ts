/** Running other people's programs on emitted text: a fresh folder for each job, and errors that show their output. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmittedFile } from './emit.js';

export interface ProgramOptions {
  readonly cwd?: string;
  /** Its environment; ours by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Given to the program on its standard input. */
  readonly input?: string;
  /** The program is stopped after this time. */
  readonly timeoutSeconds?: number;
}

export interface ProgramResult {
  /** Exit status; null when the program was stopped by the time limit. */
  readonly status: number | null;
  /** Standard output and then standard error. */
  readonly output: string;
  readonly seconds: number;
}

/** A program that could not be started or failed. The message ends with what the program said. */
export class ProgramError extends Error {
  constructor(command: string, output: string) {
    super(`${command} failed:\n${output.trim().slice(-4000)}`);
    this.name = 'ProgramError';
  }
}

/** Runs a program to its end; a failure of the program is in the result. Throws `ProgramError` if it is not there. */
export function tryProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): ProgramResult {
  const { timeoutSeconds = 600, ...rest } = options;
  const start = performance.now();
  const done = spawnSync(name, args, {
    ...rest,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  const timedOut = (done.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  if (done.error !== undefined && !timedOut) throw new ProgramError(name, done.error.message);
  const seconds = (performance.now() - start) / 1000;
  return { status: timedOut ? null : done.status, output: `${done.stdout}${done.stderr}`, seconds };
}

/**
 * As `tryProgram`, without blocking: the caller can show progress meanwhile, and stop the program by the signal, after
 * which the promise is rejected with the signal's reason.
 */
export function startProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions & { readonly signal?: AbortSignal } = {},
): Promise<ProgramResult> {
  const { cwd, env = process.env, input = '', timeoutSeconds = 600, signal } = options;
  const start = performance.now();
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // A group of its own: what the program has started (Yosys starts abc) is stopped with it.
    const child = spawn(name, args, { cwd, env, detached: true });
    const stop = () => killGroup(child);
    const timer = setTimeout(stop, timeoutSeconds * 1000);
    signal?.addEventListener('abort', stop, { once: true });
    const said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on('data', (bytes: Buffer) => said.stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => said.stderr.push(bytes));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new ProgramError(name, error.message));
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted === true) return reject(signal.reason);
      const output = Buffer.concat([...said.stdout, ...said.stderr]).toString();
      resolve({ status, output, seconds: (performance.now() - start) / 1000 });
    });
    child.stdin.on('error', () => undefined); // The program may end without reading it.
    child.stdin.end(input);
  });
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // No such group, or a system without groups.
  }
}

/** Runs a program that has to succeed. Throws `ProgramError` otherwise. */
export function runProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): ProgramResult {
  const result = tryProgram(name, args, options);
  if (result.status !== 0) throw new ProgramError([name, ...args].join(' ').slice(0, 400), result.output);
  return result;
}

/** Calls `job` with a new empty folder, which is removed afterwards. */
export function inFolder<T>(job: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'fp4sim-'));
  try {
    return job(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes files into a folder; returns their full paths in order. */
export function writeFiles(folder: string, files: readonly EmittedFile[]): string[] {
  mkdirSync(folder, { recursive: true });
  return files.map(({ file, text }) => {
    const path = join(folder, file);
    writeFileSync(path, text);
    return path;
  });
}
