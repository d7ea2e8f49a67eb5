/**
 * Baseline: INT8 MAC, exact products and a 32-bit accumulator that wraps.
 *
 *   s1_multiply    16 lanes of 8 × 8 bits, sign and magnitude (128 for the code −128), and their tree: 20 bits
 *   s2_accumulate  acc = (first ? C : acc) + sum, modulo 2^32
 */
import { semanticOf } from '../../src/dot/index.js';
import { INT8 } from '../../src/formats/index.js';
import { Rational } from '../../src/numerics/index.js';
import { CLOCK, defineModule, type Module, type Word } from '../hdl/index.js';
import { decodeSignMagnitude, sumOf } from '../library/index.js';
import { checkLanes, type DesignGenerator, macDesign } from './design.js';
import { moduleName } from './parts/block-design.js';
import { laneMultiplier, productTree } from './parts/block-dot.js';
import { bitsOf, integerOperand, join, largestSteps, split } from './parts/operand.js';
import { Stage } from './parts/pipeline.js';

const summary = 'INT8 products and a 32-bit accumulator that wraps';
const ACCUMULATOR_BITS = 32;

function int8Mac(name: string, lanes: number): Module {
  const { bits } = INT8;
  const sumBits = bitsOf(lanes * largestSteps(INT8) ** 2) + 1;
  return defineModule({
    name,
    summary,
    clock: CLOCK,
    inputs: { en: 1, first: 1, last: 1, a_in: lanes * bits, w_in: lanes * bits, c_in: ACCUMULATOR_BITS },
    body: (m, { en, first, last, a_in, w_in, c_in }): Record<string, Word> => {
      const stage = new Stage(m, 's1_multiply');
      const [a, w] = [a_in, w_in].map((word) =>
        split(word, bits).map((code) => decodeSignMagnitude(INT8, code)),
      );
      const products = a!.map(({ sign, magnitude }, lane) =>
        m.instance(`lane${lane}`, laneMultiplier(integerOperand(bits), integerOperand(bits)), {
          sign_a: sign,
          element_a: magnitude,
          sign_w: w![lane]!.sign,
          element_w: w![lane]!.magnitude,
        }),
      );
      const { sum } = m.instance('tree', productTree(lanes, 2 * bits, sumBits), {
        signs: join(products.map((p) => p.sign)),
        magnitudes: join(products.map((p) => p.magnitude)),
      });
      const term = stage.word('sum', sum).signExtend(ACCUMULATOR_BITS);
      const control = stage.control({ valid: en, first, last });
      const options = { stage: 's2_accumulate', enable: control.valid };
      const acc = m.feedbackRegister('s2_acc', ACCUMULATOR_BITS, options);
      m.setNext(acc, sumOf([control.first.choose(stage.word('c', c_in), acc), term]));
      const done = m.register('s2_done', control.valid.and(control.last), { stage: 's2_accumulate' });
      return { acc, done };
    },
  });
}

export const int8Exact: DesignGenerator = {
  name: 'int8-exact',
  summary,
  models:
    'the dot semantic `s8-s32`, measured on silicon: integer sums do not depend on the order, so any number of lanes gives its result',
  notModelled: 'saturation',
  defaults: { lanes: 16 },
  create: ({ lanes }) => {
    checkLanes('int8-exact', lanes, 1);
    const ports = (side: string) => ({
      codes: `${side}_in`,
      codeWidth: INT8.bits,
      scales: undefined,
      scaleWidth: 0,
      blocks: 0,
      micro: undefined,
      microWidth: 0,
    });
    const semantic = semanticOf('s8-s32');
    const protocol = {
      enable: 'en',
      segmentEnd: 'last',
      first: 'first',
      last: 'last',
      a: ports('a'),
      w: ports('w'),
      addend: 'c_in',
      done: 'done',
      results: [{ port: 'acc', width: ACCUMULATOR_BITS, kind: 'bits', unitExponent: 0 }],
      nan: undefined,
      segmentInterval: 1,
    } as const;
    const module = int8Mac(moduleName('int8-exact', { lanes }), lanes);
    const formats = { a: INT8, w: INT8, semantic, resultFactor: Rational.rational(1n) };
    return macDesign({ name: 'int8-exact', summary, ...formats, lanes, module, protocol }, { lanes });
  },
};
