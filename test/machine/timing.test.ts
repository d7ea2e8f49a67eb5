import { describe, expect, it } from 'vitest';
import { type GridRate, type Listener, macFiguresOf, runProgram } from '../../src/machine/index.js';
import { FP4CORE } from '../../src/machine/models/fp4core.js';
import { programOf } from '../support/programs.js';

const DECLARATIONS = `
.machine fp4core
.tensor A, nvfp4, 32x64, normal(1)
.tensor B, nvfp4, 32x64, normal(2)
.tensor D, fp32, 32x32, out
.smem As, nvfp4, 32x64
.smem Bs, nvfp4, 32x64
.acc acc, 32x32
.barrier full
.barrier stored
.grid 1, 1
`;
/** What follows runs on core 0 only: the others get no tile. */
const PROLOGUE = `
.stream only
        tile.next r1, r2, done
        bar.expect full, sizeof(As) + sizeof(Bs)
        ld.tile As, A[r0, r0], full
        ld.tile Bs, B[r0, r0], full
        bar.wait full, 0
`;

/** Cycle at which each mnemonic of a straight-line program was first issued on core 0. */
function issueCycles(body: string): { readonly issue: ReadonlyMap<string, number>; readonly cycles: number } {
  const program = programOf(`${DECLARATIONS}${PROLOGUE}${body}\ndone: halt\n.endstream\n`);
  const issue = new Map<string, number>();
  const listener: Listener = {
    onIssued: ({ core }, instruction, cycle) => {
      const { mnemonic } = program.instructions[instruction]!.spec;
      if (core === 0 && !issue.has(mnemonic)) issue.set(mnemonic, cycle);
    },
  };
  const { result } = runProgram(program, { listeners: [listener] });
  return { issue, cycles: result.cycles };
}

describe('the cycles of single operations on fp4core, by hand from its figures', () => {
  const { copy, vector, barrierLatencyCycles: barrier } = FP4CORE;
  const mma = FP4CORE.mma.rate as GridRate;
  const mac = macFiguresOf(mma.mac);
  const tileBytes = (32 * 64) / 2 + 32 * 4;

  it('two loads: latency, then both tiles at the port rate, then the barrier', () => {
    const { issue } = issueCycles('');
    const transfers = 2 * Math.ceil(tileBytes / copy.loadBytesPerCycle.value);
    const firstLoad = issue.get('ld.tile')!;
    const lastByte = firstLoad + copy.loadLatencyCycles.value + transfers - 1;
    expect(issue.get('bar.wait')).toBe(lastByte + barrier.value);
  });

  it('an mma: the grid is busy for its shape, then the pipeline drains', () => {
    const { issue } = issueCycles('mma acc, As, Bs, init\nmma.commit\nmma.wait 0');
    const busy = (32 / mma.rows.value) * (32 / mma.cols.value) * (64 / mac.depth.value);
    // Queued in one cycle, started in the next.
    expect(issue.get('mma.wait')! - issue.get('mma')!).toBe(1 + busy + mac.latencyCycles.value);
  });

  it('an epilogue: the store waits for the vector unit, and its barrier for the last byte', () => {
    const { issue } = issueCycles(
      'mma acc, As, Bs, init\nmma.commit\nmma.wait 0\nacc.scale acc, A, B\nst.tile D[r0, r0], acc, stored\nmov r1, 0\nbar.wait stored, 0\nnop',
    );
    const busy = (32 * 32) / vector.lanes.value;
    expect(issue.get('st.tile')! - issue.get('acc.scale')!).toBe(1 + busy + vector.latencyCycles.value);
    const transfer = (32 * 32 * 4) / copy.storeBytesPerCycle.value;
    const lastByte = issue.get('st.tile')! + copy.storeLatencyCycles.value + transfer - 1;
    expect(issue.get('nop')).toBe(lastByte + barrier.value + 1);
  });
});
