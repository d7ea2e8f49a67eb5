/** `fp4sim synth` with stand-ins for Yosys: without OpenSTA, interrupted, and failing. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIN, scratchFolder } from '../support/cli.js';
import { LINEAR_FLIP_FLOP, linearCell, linearLibrary } from '../support/linear-library.js';

const LIBRARY = linearLibrary([
  linearCell('NOT', ['A'], '!A', 1),
  linearCell('NAND', ['A', 'B'], '!(A B)', 2),
  LINEAR_FLIP_FLOP,
]);

interface Setting {
  readonly command: string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where working folders are made. */
  readonly temporary: string;
}

/** A machine on which Yosys is this shell text and nothing else is installed. */
function machineWith(synthesis: string): Setting {
  const folder = scratchFolder();
  const [programs, temporary] = [join(folder, 'bin'), join(folder, 'tmp')];
  for (const made of [programs, temporary]) mkdirSync(made);
  const script = `#!/bin/sh
case "$1$2" in -V|-plog) echo "Yosys 9.9"; exit 0;; esac
${synthesis}
`;
  writeFileSync(join(programs, 'yosys'), script, { mode: 0o755 });
  const liberty = join(folder, 'linear.lib');
  writeFileSync(liberty, LIBRARY);
  return {
    command: [MAIN, 'synth', 'nvfp4-exact:lanes=2', '--liberty', liberty, '--runs', '2'],
    environment: { ...process.env, PATH: programs, TMPDIR: temporary },
    temporary,
  };
}

/** Runs the command to its end; `onStarted` is called when the stand-in says so by making the file `started`. */
function run({ command, environment, temporary }: Setting, signal?: NodeJS.Signals) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, command, { env: environment });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (bytes) => (said.stdout += bytes));
    child.stderr.on('data', (bytes) => (said.stderr += bytes));
    const hasStarted = () =>
      readdirSync(temporary).some((name) => readdirSync(join(temporary, name)).includes('started'));
    const watch = setInterval(() => {
      if (signal === undefined || !hasStarted()) return;
      clearInterval(watch);
      child.kill(signal);
    }, 50);
    child.on('close', (status) => {
      clearInterval(watch);
      resolve({ status, ...said });
    });
  });
}

describe('fp4sim synth', () => {
  it('without OpenSTA gives the area, the delay of abc, and says what is missing', async () => {
    const setting = machineWith(`
echo "   Number of cells:                 12" > stat0.txt
echo "   Chip area for module '\\\\top': 34.5" >> stat0.txt
echo "ABC: Delay = 123.00 ps"`);
    const { status, stdout } = await run(setting);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Yosys 9\.9, no OpenSTA; 2 runs with perturbed names; delay by abc/);
    expect(stdout).toMatch(/area, \S+ +34\.5/);
    expect(stdout).toMatch(/period, ps +123/);
    expect(stdout).toMatch(/leaves out flip-flops; install OpenSTA/);
    expect(readdirSync(setting.temporary)).toEqual([]);
  });

  it('interrupted, stops what it started and leaves nothing behind', async () => {
    const setting = machineWith(
      // As abc does: a folder for its own files, in the folder for temporary ones.
      '/bin/mkdir "$TMPDIR/abc"; echo > started; /bin/sleep 60; echo too late > stat0.txt',
    );
    const begun = performance.now();
    const { status, stdout, stderr } = await run(setting, 'SIGINT');
    expect(status).toBe(130);
    expect(stderr).toMatch(/interrupted; nothing was kept/);
    expect(stdout).toBe('');
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(readdirSync(setting.temporary)).toEqual([]);
  });

  it('tells what a failing tool said', async () => {
    const setting = machineWith('echo "ERROR: no cell for a flip-flop"; exit 1');
    const { status, stdout, stderr } = await run(setting);
    expect(status).toBe(2);
    expect(stderr).toMatch(/yosys failed[\s\S]*no cell for a flip-flop/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(readdirSync(setting.temporary)).toEqual([]);
  });
});
