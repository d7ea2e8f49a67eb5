import { describe, expect, it } from 'vitest';
import { runProgram, Trap } from '../../src/machine/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { exchange, programOf, SMALL_GEMM } from '../support/programs.js';

function trapOf(text: string, options = {}): Trap {
  try {
    runProgram(programOf(text), options);
  } catch (error) {
    if (error instanceof Trap) return error;
    throw error;
  }
  throw new Error('the program did not trap');
}

describe('traps', () => {
  it('a deadlock says who waits for whom', () => {
    const trap = trapOf(
      exchange(SMALL_GEMM, 'mma.commit empty[r10]', 'mma.commit').replaceAll('K, 128', 'K, 512'),
    );
    expect(trap.kind).toBe('deadlock');
    expect(trap.state.join('\n')).toMatch(
      /producer: bar\.wait at line \d+, since cycle \d+: empty\[0\] .* lacks 1 of 1 arrivals; it is given by no instruction of the program/,
    );
    expect(trap.state.join('\n')).toMatch(
      /consumer: bar\.wait at line \d+.*full\[0\].*given by producer \(line/,
    );
  });

  it('a run past the limit says where every stream is', () => {
    const trap = trapOf(SMALL_GEMM, { maxCycles: 100 });
    expect(trap).toMatchObject({ kind: 'max-cycles', cycle: 100 });
    expect(trap.state.join('\n')).toMatch(
      /core 0, consumer: line \d+, bar\.wait, stalled \(barrier\) since cycle/,
    );
    expect(trap.hint).toContain('--max-cycles');
  });

  it.each([
    ['misaligned-tile', 'mov r3, 0', 'mov r3, 8', /begin at a multiple of the block of 16/],
    ['out-of-range', 'mul r1, r1, 32', 'add r1, r1, 1', /leaves the tensor, which is 32x512/],
    [
      'buffer-in-use',
      'bar.wait empty[r10], r11\n        bar.expect full[r10], sizeof(As) + sizeof(Bs)',
      'nop',
      /already being loaded|still being read/,
    ],
    ['accumulator-in-flight', 'mma.wait 0', 'nop', /mma are still in flight/],
    [
      'accumulator-in-flight',
      'st.tile D[r1, r2], acc, stored',
      'st.tile D[r1, r2], acc\n mma acc, As[0], Bs[0], init',
      /still being stored/,
    ],
    ['never-written', 'mma acc, As[r10], Bs[r10], r5', 'mma acc, As[r10], Bs[r10]', /acc holds nothing yet/],
    ['never-written', 'bar.wait full[r10], r11', 'nop', /never loaded|still being loaded/],
    ['format-mismatch', '.tensor A, nvfp4, M x K', '.tensor A, hif4, M x K', /As holds nvfp4, but A is hif4/],
    ['format-mismatch', 'ld.tile As[r10], A[r1, r3]', 'ld.tile As[r10], D[r1, r3]', /D is an output tensor/],
    ['format-mismatch', 'st.tile D[r1, r2]', 'st.tile A[r1, r2]', /A is an input tensor/],
    [
      'index-out-of-range',
      'mov r10, 0\n        mov r11, 1',
      'mov r10, 7\n        mov r11, 1',
      /empty\[7\] does not exist/,
    ],
    [
      'barrier-misuse',
      'bar.expect full[r10], sizeof(As) + sizeof(Bs)',
      'bar.expect full[r10], sizeof(As) + sizeof(Bs)\n bar.arrive full[r10]',
      /has all its 1 arrivals/,
    ],
  ] as const)('%s when "%s" becomes "%s"', (kind, passage, replacement, message) => {
    const trap = trapOf(exchange(SMALL_GEMM, passage, replacement).replace('K, 128', 'K, 512'));
    expect([kind, 'buffer-in-use']).toContain(trap.kind);
    expect(trap.message).toMatch(message);
    expect(trap.place?.span.file).toBe('test.s');
    expect(trap.place?.stream).toMatch(/producer|consumer/);
  });

  it('a wrong shape of the operands of an mma', () => {
    const trap = trapOf(
      exchange(SMALL_GEMM, '.acc acc, 32x32', '.acc acc, 32x16').replace(
        'st.tile D[r1, r2], acc, stored',
        'nop',
      ),
    );
    expect(trap.kind).toBe('shape-mismatch');
    expect(trap.message).toBe('mma of As and Bs gives 32x32, but acc is 32x16');
  });
});

describe('what does not fit the machine', () => {
  it.each([
    [
      '.smem As, nvfp4, 32x64, stages=2',
      '.smem As, nvfp4, 2048x1024, stages=2',
      /As takes 2359296 bytes.*a core of fp4core has/,
    ],
    ['.acc acc, 32x32', '.acc acc, 512x512', /acc takes 1048576 bytes.*accumulator memory/],
    ['.stream producer', '.stream producer, count=9', /10 streams, but a core of fp4core holds 8/],
    ['.tensor A, nvfp4, M x K', '.tensor A, fp32, M x K', /A: fp32 cannot be an operand/],
    ['.tensor D, fp32', '.tensor D, int4', /D: an output cannot be int4/],
    ['normal(1)', '"no/such.npy"', /cannot read .*no\/such\.npy: no such file/],
    ['.machine fp4core', '.machine fp4cone', /unknown machine "fp4cone"/],
  ])('"%s" → "%s"', (passage, replacement, message) => {
    const program = programOf(exchange(SMALL_GEMM, passage, replacement));
    expect(() => runProgram(program)).toThrow(ConfigurationError);
    expect(() => runProgram(program)).toThrow(message);
  });
});
