/** Operands of energy and accuracy: of large matrices only the rows that are used are quantised, to the same codes. */
import { describe, expect, it } from 'vitest';
import { operandStreams } from '../../rtl-model/analysis/index.js';
import { createDesign, type MacDesign } from '../../rtl-model/designs/index.js';
import { codecOf, matrixFromSource, quantize } from '../../src/formats/index.js';

/** Streams begin at rows 0, 1, 2 of `a`, and each takes two rows. */
const [STREAMS, SLICES] = [3, 12];
const [COLUMNS, LANES] = [128, 16];
const operands = {
  a: matrixFromSource('normal:40x128:1'),
  w: matrixFromSource('normal:40x128:2'),
  name: 'normal',
};
// The largest magnitudes are in rows that no stream meets.
operands.a.data[30 * COLUMNS + 7] = 50;
operands.w.data[39 * COLUMNS + 20] = -70;

function streamsOf(design: MacDesign) {
  return operandStreams(design, operands, STREAMS, SLICES).map((segments) =>
    segments.flatMap(({ slices }) => slices),
  );
}

describe('operand streams', () => {
  it.each(['nvfp4-exact', 'if4-exact49', 'mxfp4-exact', 'hif4-exact', 'nvint4-exact'])(
    '%s gets the codes of the whole matrices',
    (name) => {
      const design = createDesign(name) as MacDesign;
      if (design.a.kind !== 'block' || design.w.kind !== 'block') throw new Error(`${name}: no blocks`);
      const [a, w] = [quantize(design.a, operands.a), quantize(design.w, operands.w)];
      let slices = 0;
      streamsOf(design).forEach((stream, first) => {
        stream.forEach((slice, i) => {
          const [row, at] = [first + Math.floor((i * LANES) / COLUMNS), (i * LANES) % COLUMNS];
          const codesOf = ({ codes }: typeof a, r: number) =>
            codes.subarray(r * COLUMNS + at, r * COLUMNS + at + LANES);
          expect(Array.from(slice.a.codes)).toEqual([...codesOf(a, row)]);
          expect(Array.from(slice.w.codes)).toEqual([...codesOf(w, row * 7)]);
          slices++;
        });
      });
      expect(slices).toBeGreaterThanOrEqual(STREAMS * SLICES);
    },
  );

  it('scales bare integers by the largest magnitude of all', () => {
    const design = createDesign('int8-exact') as MacDesign;
    if (design.a.kind === 'block') throw new Error('int8-exact: blocks');
    const { encode, maxValue } = codecOf(design.a);
    const [first] = streamsOf(design)[1]!;
    const row = operands.a.data.subarray(COLUMNS, COLUMNS + LANES);
    expect(Array.from(first!.a.codes)).toEqual([...row].map((x) => encode(x * (maxValue / 50))));
  });

  it('refuses a value that is not finite where it is, though no stream meets it', () => {
    const a = { ...operands.a, data: operands.a.data.slice() };
    a.data[33 * COLUMNS + 5] = Number.NaN;
    const design = createDesign('nvfp4-exact') as MacDesign;
    expect(() => operandStreams(design, { ...operands, a }, STREAMS, SLICES)).toThrow(/33/);
  });
});
