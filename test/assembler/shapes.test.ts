import { describe, expect, it } from 'vitest';
import { assembled, complaints, REST } from './support.js';

/** Rows and columns that a shape is read as, with M = 32, K = 64, x = 16, MxN = 7 and x2 = 48 declared. */
function shape(text: string): string {
  const head = '.equ M, 32\n.equ K, 64\n.equ N, 8\n.equ x, 16\n.equ x2, 48\n.equ MxN, 7\n';
  const [tensor] = assembled(`${head}.tensor T, fp32, ${text}, zeros\n${REST}`).tensors;
  return `${tensor!.rows} by ${tensor!.cols}`;
}

describe('a shape', () => {
  it.each([
    ['256x128', '256 by 128'],
    ['256 x 128', '256 by 128'],
    ['256 x128', '256 by 128'],
    ['256x 128', '256 by 128'],
    ['1_024x0b10', '1024 by 2'],
    ['0x10x32', '16 by 32'],
    ['0x10 x 0x20', '16 by 32'],
    ['MxK', '32 by 64'],
    ['M x K', '32 by 64'],
    ['M xK', '32 by 64'],
    ['Mx K', '32 by 64'],
    ['Mx128', '32 by 128'],
    ['128xK', '128 by 64'],
    ['(M*2) x K', '64 by 64'],
    ['(M*2)xK', '64 by 64'],
    ['(M*2)xK*2', '64 by 128'],
    ['M*2 x K/2', '64 by 32'],
    ['MxK / 2', '32 by 32'],
    ['M x (K > 1 ? 3 : 4)', '32 by 3'],
    ['(MxN) x 2', '7 by 2'],
    ['MxN x 2', '7 by 2'],
    ['x x x', '16 by 16'],
    ['xxx', '16 by 16'],
    ['x2 x x2', '48 by 48'],
    ['x2xx2', '48 by 48'],
    ['max(M, K) x min(M, K)', '64 by 32'],
    ['ceil(M, 5)x3', '7 by 3'],
  ])('%s is %s', (text, expected) => {
    expect(shape(text)).toBe(expected);
  });

  it('is not split where the whole word is a constant', () => {
    expect(complaints(`.equ M, 1\n.equ N, 2\n.equ MxN, 7\n.tensor T, fp32, MxN, zeros\n${REST}`)).toContain(
      'error: expected a shape\n',
    );
  });

  it('names the half that is not a constant', () => {
    expect(complaints(`.equ ROWS, 4\n.tensor T, fp32, ROWSxCOLS, zeros\n${REST}`)).toContain(
      'expected a shape, and no constant is called "COLS"',
    );
  });

  it('leaves names of objects and formats with an x alone', () => {
    const text = `.equ m, 32\n.tensor axb, mxfp4, m x 64, zeros\n.smem box, mxfp4, mx64\n${REST}`;
    const { tensors, buffers } = assembled(text);
    expect(tensors[0]).toMatchObject({ name: 'axb', format: 'mxfp4', rows: 32, cols: 64 });
    expect(buffers[0]).toMatchObject({ name: 'box', format: 'mxfp4', rows: 32, cols: 64 });
  });

  it('takes 0x16 as a size of zero, not as sixteen or a hexadecimal number', () => {
    expect(complaints(`.tensor T, fp32, 0x16, zeros\n${REST}`)).toContain('a size of zero in the shape 0x16');
  });
});
