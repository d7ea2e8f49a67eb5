/** docs/rtl-teams.md, played as a newcomer would: its files written down, its commands typed. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, scratchFolder } from '../support/cli.js';
import { requireTool } from '../support/tools.js';

const page = readFileSync(join(ROOT, 'docs', 'rtl-teams.md'), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!);

describe.skipIf(!requireTool('iverilog', 'vvp', 'make').present)('the page for RTL teams', () => {
  it('can be followed: passes, and tells what a device with a mistake does', () => {
    const folder = scratchFolder();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'fp4sim'),
      `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'dist', 'src', 'cli', 'main.js')}" "$@"\n`,
    );
    chmodSync(join(bin, 'fp4sim'), 0o755);
    const shell = (command: string) =>
      spawnSync('bash', ['-ec', command], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      });
    const [device, bench] = blocks('systemverilog');
    writeFileSync(join(folder, 'team_dot.sv'), device!);
    writeFileSync(join(folder, 'own_bench.sv'), bench!);
    writeFileSync(join(folder, 'ports.yaml'), blocks('yaml')[0]!);
    const [own, vectors, benched, verified] = blocks('sh').map(shell);
    expect(own!.stdout).toMatch(/^PASS mac_nvfp4_exact_16_L1: /m);
    expect(vectors!.status).toBe(0);
    expect(benched!.stdout).toMatch(/^PASS block_nvfp4_exact_nan_L1: \d+ vectors, 41603 results/m);
    expect([verified!.status, verified!.stdout]).toEqual([
      0,
      expect.stringContaining('all answers are right'),
    ]);

    const mistaken = device!.replace("code[6:3] == 0 ? {15'd0, code[2:0]}", "code[6:3] == 0 ? 18'd0");
    expect(mistaken).not.toBe(device);
    writeFileSync(join(folder, 'team_dot.sv'), mistaken);
    const failed = shell('make -C bench icarus');
    expect(failed.status).not.toBe(0);
    expect(failed.stdout).toMatch(/^FAIL block_nvfp4_exact_nan_L1/m);
    const told = shell(blocks('sh')[3]!);
    expect(told.status).toBe(1);
    const [shown] = blocks('text');
    for (const line of shown!
      .trim()
      .split('\n')
      .filter((text) => text !== '…'))
      expect(told.stdout).toContain(line);
  });
});
