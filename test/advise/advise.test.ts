import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Advice, advise, MACHINE_CHANGES, type Resource } from '../../src/advise/index.js';
import { assemble } from '../../src/assembler/index.js';
import { MACHINE_MODELS, type MachineModel, parseMachine, runProgram } from '../../src/machine/index.js';
import { adviseReport } from '../../src/report/index.js';
import { fp4sim, ROOT, scratchFolder } from '../support/cli.js';
import { exchange, programOf, SMALL_GEMM } from '../support/programs.js';

const FP4CORE = MACHINE_MODELS.get('fp4core')!;

/** One operand pair in shared memory, and a body that works on it for a hundred rounds on each of `cores` cores. */
function rounds(cores: number, body: string, { rows = 64, cols = 64, stages = 1 } = {}): string {
  return `
.machine fp4core
.tensor A, nvfp4, ${rows}x${cols}, normal(1)
.tensor R, bf16, ${rows}x${cols}, normal(2)
.tensor D, fp32, ${rows * cores}x${rows}, out
.smem As, nvfp4, ${rows}x${cols}, stages=${stages}
.smem Rs, bf16, ${rows}x${cols}
.smem Qs, if4, ${rows}x${cols}
.acc acc, ${rows}x${rows}
.barrier full
.barrier other
.grid ${cores}, 1
.stream main
        tile.next r1, r2, .done
        mul r1, r1, ${rows}
        bar.expect full, sizeof(As) + sizeof(Rs)
        ld.tile As, A[r0, r0], full
        ld.tile Rs, R[r0, r0], full
        bar.wait full, 0
        mma acc, As, As, init
        mma.commit
        mma.wait 0
        mov r4, 100
        mov r6, 0
.round:
${body}
        xor r6, r6, 1
        loop r4, .round
        mma.commit
        mma.wait 0
.done:  halt
.endstream
`;
}

/** Eight large tiles a round, waited for together. */
const LOADS = [
  '        bar.expect other, 8 * sizeof(As)',
  ...Array.from({ length: 8 }, (_, i) => `        ld.tile As[${i}], A[r0, r0], other`),
  '        bar.wait other, r6',
].join('\n');
const LARGE = { rows: 64, cols: 256, stages: 8 };

/** Five equal tiles on four cores; each waits for four loads, then counts for as long. */
const FIVE_TILES = `
.machine fp4core
.tensor A, nvfp4, 16x64, normal(1)
.smem As, nvfp4, 16x64
.barrier full
.grid 5, 1
.stream main
.tile:  tile.next r1, r2, .done
        mov r4, 4
.load:  bar.expect full, sizeof(As)
        ld.tile As, A[r0, r0], full
        bar.wait full, r6
        xor r6, r6, 1
        loop r4, .load
        mov r4, 500
.count: loop r4, .count
        b .tile
.done:  halt
.endstream
`;

const SLOW_DRAM = parseMachine(
  `extends: fp4core
figures:
  memory.sharedCost: { value: 1, unit: share, source: a test }
  memory.l2Bytes: { value: 4096, unit: B, source: a test }
  memory.dramBytesPerCycle: { value: 8, unit: B/cycle, source: a test }
  memory.dramLatencyCycles: { value: 10, unit: cycles, source: a test }
`,
  'slow-dram.yaml',
);

const BOUND_BY: readonly (readonly [Resource, string, MachineModel])[] = [
  ['mma', rounds(1, '        mma acc, As, As'), FP4CORE],
  ['copy', rounds(1, LOADS, LARGE), FP4CORE],
  ['l2', rounds(4, LOADS, LARGE), FP4CORE],
  ['dram', rounds(1, LOADS, LARGE), SLOW_DRAM],
  [
    'issue',
    '.machine fp4core\n.grid 1, 1\n.stream two, count=2\n mov r4, 2000\n.l: add r1, r1, 1\n loop r4, .l\n halt\n.endstream\n',
    FP4CORE,
  ],
  ['quantise', rounds(1, '        quant.if4.mse Qs, Rs, other\n        bar.wait other, r6'), FP4CORE],
  ['epilogue', rounds(1, '        st.tile D[r1, r0], acc, other\n        bar.wait other, r6'), FP4CORE],
  ['tail', FIVE_TILES, FP4CORE],
  [
    'dependency',
    rounds(
      1,
      '        bar.expect other, sizeof(As)\n        ld.tile As, A[r0, r0], other\n        bar.wait other, r6',
      { rows: 16, cols: 64 },
    ),
    FP4CORE,
  ],
];

describe('a program made to be bound by', () => {
  it.each(BOUND_BY)('%s is said to be, by its counters and by what is proved', (resource, text, machine) => {
    const program = programOf(text);
    const advice = advise(program, { machine });
    expect(advice).toMatchObject({ bound: resource, suspected: resource });
    const best = advice.machineChanges.filter((t) => t.resource === resource && !t.limit);
    expect(Math.max(...best.map(({ gain }) => gain))).toBeGreaterThan(0.2);
    expect(adviseReport(advice)).toMatch(new RegExp(`bound by ${resource}\n`));
  });

  it('several things, if halving any one of them saves next to nothing', () => {
    // Two streams, each with half of its time in a scalar loop that no change shortens.
    const text =
      '.machine fp4core\n.grid 1, 1\n.stream one\n mov r4, 2000\n.l: loop r4, .l\n halt\n.endstream\n';
    const advice = advise(programOf(text), { machine: FP4CORE });
    expect(advice.bound).toBe('several');
    expect(adviseReport(advice)).toMatch(/several things at once/);
  });
});

describe('what is advised', () => {
  const text = exchange(SMALL_GEMM, '.param K, 128', '.param K, 1024\n.param STAGES, 2').replaceAll(
    'stages=2',
    'stages=STAGES',
  );
  const reassemble = (set: ReadonlyMap<string, number>) => assemble(text, 'test.s', { set }).program;
  const given = programOf(text, { M: 160, N: 64 });
  const found: Advice = advise(given, {
    machine: FP4CORE,
    reassemble: (set) => reassemble(new Map([['M', 160], ['N', 64], ...set])),
    further: [['STAGES', 7]],
  });

  it('is what a run with that change takes', () => {
    const { cycles } = runProgram(given, { values: 'none' }).result;
    expect(found.cycles).toBe(cycles);
    const l2 = { ...FP4CORE, l2BytesPerCycle: { value: 384, source: 'twice' } };
    const doubled = runProgram(given, { values: 'none', machine: l2 }).result.cycles;
    const trial = found.machineChanges.find(({ resource }) => resource === 'l2')!;
    expect(trial).toMatchObject({ cycles: doubled, saved: 1 - doubled / cycles });
    const stages = reassemble(
      new Map([
        ['M', 160],
        ['N', 64],
        ['STAGES', 7],
      ]),
    )!;
    const seven = runProgram(stages, { values: 'none' }).result.cycles;
    expect(found.programChanges).toContainEqual({
      change: 'STAGES 2 → 7',
      cycles: seven,
      saved: 1 - seven / cycles,
    });
    const column = { ...given, grid: { ...given.grid, policy: { kind: 'column' } as const } };
    const byColumns = runProgram(column, { values: 'none' }).result.cycles;
    expect(found.programChanges.find(({ change }) => change.endsWith(' column'))!.cycles).toBe(byColumns);
  });

  it('leaves the work the same: other shapes and what does not run are refused, with the reason', () => {
    const changed = found.programChanges.map(({ change }) => change);
    for (const name of ['M', 'N', 'K']) expect(changed.some((c) => c.startsWith(`${name} `))).toBe(false);
    expect(found.refused).toContainEqual({ change: 'K 1024 → 2048', reason: 'other tensors' });
    expect(found.refused.some(({ change }) => change === 'STAGES 2 → 1')).toBe(true);
    expect(changed.filter((change) => change === 'tiles handed out by row')).toEqual([]);
  });

  it('is sorted by what it saves', () => {
    const saved = found.programChanges.map((trial) => trial.saved);
    expect(saved).toEqual([...saved].sort((a, b) => b - a));
  });

  it('looks at every resource that the machine has', () => {
    const resources = new Set(found.machineChanges.map(({ resource }) => resource));
    expect([...resources].sort()).toEqual(
      ['copy', 'dependency', 'epilogue', 'issue', 'l2', 'mma', 'quantise', 'tail'].sort(),
    );
    expect(new Set(MACHINE_CHANGES.map(({ resource }) => resource))).toContain('dram');
  });

  it('refuses a parameter that the program does not have', () => {
    const ask = () => advise(given, { machine: FP4CORE, reassemble, further: [['STAGE', 3]] });
    expect(ask).toThrow(/no parameter "STAGE"/);
  });
});

describe('fp4sim advise', () => {
  it('prints a table of what each change saves, and the same as JSON', () => {
    const { stdout, status } = fp4sim([
      'advise',
      'programs/gemm_nvfp4.s',
      '--try',
      'TM=128',
      '--try',
      'TM=32',
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^gemm_nvfp4\.s on fp4core: [\d,]+ cycles, bound by l2\n/);
    expect(stdout).toMatch(/TM 64 → 128 +[\d,]+ +[\d.]+ %/);
    const advice = JSON.parse(fp4sim(['advise', 'programs/gemm_nvfp4.s', '--json']).stdout) as Advice;
    expect(stdout).toContain(advice.cycles.toLocaleString('en'));
    expect(advice.bound).toBe('l2');
  });

  it('takes object files, whose constants are fixed, and machine models of users', () => {
    const folder = scratchFolder();
    const [object, machine] = [join(folder, 'g.fp4o'), join(folder, 'm.yaml')];
    expect(fp4sim(['asm', join(ROOT, 'programs', 'gemm_nvfp4.s'), '-o', object]).status).toBe(0);
    writeFileSync(
      machine,
      'extends: fp4core\nfigures:\n  mma.rate.rows: { value: 1, unit: rows, source: t }\n',
    );
    const { stdout } = fp4sim(['advise', object, '--machine', machine]);
    expect(stdout).toMatch(/ on m: [\d,]+ cycles, bound by mma\n/);
  });

  it('ends with status 2 where the program does not run', () => {
    const file = join(scratchFolder(), 'bad.s');
    writeFileSync(file, exchange(SMALL_GEMM, 'mma.commit empty[r10]', 'mma.commit'));
    const { status, stdout, stderr } = fp4sim(['advise', file, '--set', 'K=512']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/trap deadlock/);
  });
});
