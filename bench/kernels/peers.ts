/**
 * What users have today, when it is installed: matrix products of numpy and torch and casts of ml_dtypes, in a Python
 * process that waits its turn.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { ROOT } from '../reports/write-report.js';

const PYTHON = process.env.FP4SIM_PYTHON ?? 'python3';

/** How each peer is installed. */
export const INSTALL: Readonly<Record<string, string>> = {
  torch: 'pip install torch',
  numpy: 'pip install numpy',
  ml_dtypes: 'pip install ml_dtypes',
};

/** The simulator that `reports/rtl-speed.md` compares with: its version, or that it is absent and its install line. */
export function verilatorState(): string {
  const { status, stdout } = spawnSync('verilator', ['--version'], { encoding: 'utf8' });
  const found = status === 0 ? /^Verilator \S+/.exec(stdout) : null;
  return found === null
    ? 'absent (apt-get install verilator)'
    : `${found[0]}; compared with in reports/rtl-speed.md`;
}

export class Peer {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  private constructor(
    readonly module: string,
    process: ChildProcess,
    reader: Interface,
    lines: AsyncIterator<string>,
  ) {
    this.#process = process;
    this.#reader = reader;
    this.#lines = lines;
  }

  /** The peer with its version, or one line on why there is none. */
  static async open(
    module: string,
    [rows, cols, depth]: readonly [number, number, number],
  ): Promise<{ peer: Peer; version: string } | { peer: null; absent: string }> {
    const script = join(ROOT, 'bench', 'kernels', 'peer.py');
    const child = spawn(PYTHON, [script, module, ...[rows, cols, depth].map(String)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const failed = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`absent ${error.message}`));
      child.once('exit', () => resolve('absent it ended'));
    });
    const reader = createInterface({ input: child.stdout! });
    const lines = reader[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next().then(({ value }) => String(value ?? 'absent')), failed]);
    if (!first.startsWith('ready'))
      return { peer: null, absent: `${first.replace(/^absent ?/, '')}; ${INSTALL[module]}` };
    return { peer: new Peer(module, child, reader, lines), version: first.split(' ')[1]! };
  }

  /** Seconds of one run of a job. */
  async time(job: string): Promise<number> {
    this.#process.stdin!.write(`${job}\n`);
    const { value } = await this.#lines.next();
    return Number(value);
  }

  close(): void {
    this.#reader.close();
    this.#process.stdin!.end();
    this.#process.kill();
  }
}
