import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fp4sim, MAIN, ROOT } from '../support/cli.js';

interface Findings {
  readonly engines: {
    readonly inUse: string;
    readonly engines: readonly {
      readonly name: string;
      readonly available: boolean;
      readonly problem: string | null;
    }[];
  };
  readonly programs: readonly { readonly name: string; readonly version?: string }[];
}

const doctor = (environment: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [MAIN, 'doctor', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });

describe('fp4sim doctor', () => {
  it('names the engine in use, which is one that is available', () => {
    const { engines } = JSON.parse(doctor().stdout) as Findings;
    expect(engines.engines.map(({ name }) => name)).toEqual(['native', 'wasm', 'typescript']);
    expect(engines.engines.find(({ name }) => name === engines.inUse)?.available).toBe(true);
    for (const { available, problem } of engines.engines) expect(problem === null).toBe(available);
  });

  it('follows FP4SIM_ENGINE', () => {
    const { engines } = JSON.parse(doctor({ FP4SIM_ENGINE: 'typescript' }).stdout) as Findings;
    expect(engines.inUse).toBe('typescript');
    const { status, stderr } = doctor({ FP4SIM_ENGINE: 'nativ' });
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean "native"?');
  });

  it('has run say in one line which engine stands in for a native library that does not load', () => {
    const run = (environment: NodeJS.ProcessEnv) =>
      spawnSync(
        process.execPath,
        [MAIN, 'run', 'programs/gemm_nvfp4.s', '--set', 'M=64', '--set', 'N=64', '--json'],
        {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, ...environment },
        },
      );
    const without = run({ FP4SIM_NATIVE_LIBRARY: '/nowhere/fp4sim.node' });
    expect(without.stderr).toMatch(/^fp4sim: using the wasm engine: .*not built at \/nowhere.*\n$/);
    expect(without.status).toBe(0);
    const asked = run({ FP4SIM_ENGINE: 'wasm' });
    expect(asked.stderr).toBe('');
    expect(asked.stdout).toBe(without.stdout);
  });

  it('says how to install a program that is not there', () => {
    const { stdout, status } = spawnSync(process.execPath, [MAIN, 'doctor'], {
      encoding: 'utf8',
      env: { PATH: '/nonexistent' },
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/yosys +– +apt-get install yosys/);
  });

  it('finds the version of a program that is there', () => {
    const { programs } = JSON.parse(fp4sim(['doctor', '--json']).stdout) as Findings;
    const bare = spawnSync('python3', ['--version'], { encoding: 'utf8' });
    const version = programs.find(({ name }) => name === 'python3')?.version;
    if (bare.error === undefined) expect(bare.stdout).toContain(version);
    else expect(version).toBeUndefined();
  });
});
