/** Start-up time of the command line over that of Node alone, the two started in turn. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../reports/write-report.js';

export interface StartUp {
  readonly command: string;
  /** Milliseconds over `node -e 0`: the median, and the difference of the fastest starts. */
  readonly medianMs: number;
  readonly ofBestMs: number;
  readonly limitMs: number;
}

const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');

/** Commands with the time that they may take over Node alone. */
const COMMANDS: readonly (readonly [string, readonly string[], number])[] = [
  ['fp4sim --help', [MAIN, '--help'], 100],
  [
    'fp4sim run programs/gemm_nvfp4.s (M = N = 64, K = 64)',
    [
      MAIN,
      'run',
      join(ROOT, 'programs', 'gemm_nvfp4.s'),
      ...['M', 'N', 'K'].flatMap((name) => ['--set', `${name}=64`]),
    ],
    350,
  ],
];

export function measureStartUp(rounds: number): StartUp[] {
  return COMMANDS.map(([command, arguments_, limitMs]) => {
    const [bare, own]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      bare.push(start(['-e', '0']));
      own.push(start(arguments_));
    }
    const differences = own.map((time, round) => time - bare[round]!).sort((x, y) => x - y);
    return {
      command,
      medianMs: differences[Math.floor(rounds / 2)]!,
      ofBestMs: Math.min(...own) - Math.min(...bare),
      limitMs,
    };
  });
}

function start(arguments_: readonly string[]): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, arguments_, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${arguments_.join(' ')} failed: ${stderr}`);
  return performance.now() - begin;
}
