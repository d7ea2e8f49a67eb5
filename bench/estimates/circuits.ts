/**
 * Circuits that estimates are calibrated on: the parts that MACs are made of, between registers. No complete design is
 * among them, so designs stay fair to judge estimates by.
 */
import { estimatedGates } from '../../rtl-model/analysis/index.js';
import {
  CLOCK,
  defineModule,
  flatten,
  type GateNetlist,
  type Module,
  type Word,
} from '../../rtl-model/hdl/index.js';
import { leadingZeroCount, shiftRightSticky, sumOf } from '../../rtl-model/library/index.js';

type Words = Readonly<Record<string, Word>>;

/** A combinational body between input and output registers. */
function registered(
  name: string,
  widths: Readonly<Record<string, number>>,
  body: (words: Words) => Words,
): Module {
  return defineModule({
    name,
    summary: 'A circuit of the calibration.',
    inputs: widths,
    clock: CLOCK,
    body: (m, inputs: Words) => {
      const entries = Object.keys(widths).map((port) => [
        port,
        m.register(`in_${port}`, inputs[port]!, { stage: 's0' }),
      ]);
      const outputs = Object.entries(body(Object.fromEntries(entries) as Words));
      return Object.fromEntries(
        outputs.map(([port, word]) => [port, m.register(`out_${port}`, word, { stage: 's1' })]),
      );
    },
  });
}

const adder = (width: number) =>
  registered(`add${width}`, { a: width, b: width }, ({ a, b }) => ({ y: a!.plus(b!) }));

const multiplier = (width: number) =>
  registered(`mul${width}`, { a: width, b: width }, ({ a, b }) => ({ y: a!.times(b!) }));

const sum = (count: number, width: number, result: number) =>
  registered(
    `sum${count}x${width}`,
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, width])),
    (words) => ({ y: sumOf(Object.values(words).map((word) => word.signExtend(result))) }),
  );

/** A product register and an accumulator around it. */
function multiplyAccumulate(width: number, accumulator: number): Module {
  return defineModule({
    name: `mac${width}_${accumulator}`,
    summary: 'A multiplier and an accumulator.',
    inputs: { a: width, b: width },
    clock: CLOCK,
    body: (m, { a, b }) => {
      const product = m.register('product', a.times(b), { stage: 's1' });
      const total = m.feedbackRegister('total', accumulator, { stage: 's2' });
      m.setNext(total, total.plus(product.signExtend(accumulator)));
      return { y: total };
    },
  });
}

const MODULES: Readonly<Record<string, () => Module>> = {
  add16: () => adder(16),
  add32: () => adder(32),
  add48: () => adder(48),
  add64: () => adder(64),
  mul4: () => multiplier(4),
  mul8: () => multiplier(8),
  mul12: () => multiplier(12),
  mul24: () => multiplier(24),
  sum8x16: () => sum(8, 16, 16),
  sum16x10: () => sum(16, 10, 14),
  shift32: () =>
    registered('shift32', { a: 32, n: 6 }, ({ a, n }) => {
      const { value, sticky } = shiftRightSticky(a!, n!);
      return { y: value, s: sticky };
    }),
  shift58: () =>
    registered('shift58', { a: 10, n: 6 }, ({ a, n }) => ({ y: a!.signExtend(58).shiftLeft(n!) })),
  lzc48: () => registered('lzc48', { a: 48 }, ({ a }) => ({ y: leadingZeroCount(a!).count })),
  cmp24: () =>
    registered('cmp24', { a: 24, b: 24 }, ({ a, b }) => {
      const less = a!.lessThan(b!);
      return { y: less.choose(b!, a!), z: less.choose(a!, b!) };
    }),
  mac8: () => multiplyAccumulate(8, 32),
};

/** The circuits as modules, by name. */
export const CIRCUIT_MODULES = MODULES;

/** The circuits as gates, by name. */
export const CIRCUITS: Readonly<Record<string, () => GateNetlist>> = Object.fromEntries(
  Object.entries(MODULES).map(([name, make]) => [name, () => estimatedGates(flatten(make()))]),
);
