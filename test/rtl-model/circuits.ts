/** Every generator of the library as a module, for tests that look at all of them: emitted text, engines, tools. */
import {
  ADDER_ARCHITECTURES,
  CLOCK,
  defineModule,
  type Module,
  type Word,
} from '../../rtl-model/hdl/index.js';
import {
  decodeFloat,
  decodeInteger,
  decodeSignMagnitude,
  floatAdder,
  floatMultiplier,
  hadamard,
  larger,
  largerSigned,
  leadingZeroCount,
  lfsr,
  maximumOf,
  negateIf,
  normalize,
  prefixAdder,
  roundOff,
  shiftRightJam,
  shiftRightSticky,
  sumOf,
  toSignMagnitude,
} from '../../rtl-model/library/index.js';
import { BF16, ELEMENT_FORMATS, type ElementFormat, FP32, widthOf } from '../../src/formats/index.js';
import { ROUNDING_MODES } from '../../src/numerics/index.js';

type Words = Readonly<Record<string, Word>>;

/** A combinational module of several outputs. */
function circuit(
  name: string,
  inputs: Readonly<Record<string, number>>,
  body: (words: Words) => Record<string, Word>,
): Module {
  return defineModule({
    name,
    summary: `The library's ${name} alone.`,
    inputs,
    body: (_, words) => body(words),
  });
}

const identifier = (text: string) => text.replaceAll(/[^a-z0-9]/gi, '_');

/** The decoders of a format. */
export function decoders(format: ElementFormat): Module {
  return circuit(`decode_${identifier(format.name)}`, { code: widthOf(format) }, ({ code }) => ({
    ...decodeSignMagnitude(format, code!),
    whole: decodeInteger(format, code!),
    ...(format.kind === 'float' ? fields(decodeFloat(format, code!)) : {}),
  }));
}

const fields = ({ sign, ...rest }: ReturnType<typeof decodeFloat>) => ({ ...rest, negative: sign });

/** Formats whose integer form is narrow enough to be a circuit: not FP32, BF16 or the 8-bit exponents. */
const NARROW_FORMATS = [...ELEMENT_FORMATS.values()].filter(
  (f) => widthOf(f) > 0 && (f.kind === 'integer' || f.exponentBits <= 5),
);

const accumulator = defineModule({
  name: 'accumulator',
  summary: 'total += x when en; a register of a register, and one that nothing reads.',
  clock: CLOCK,
  inputs: { x: 8, en: 1 },
  body: (m, { x, en }) => {
    const first = m.register('first', x.named('operand_x'), { stage: 's1_load', enable: en, reset: 3n });
    const total = m.feedbackRegister('total', 20, { stage: 's2_add' });
    m.setNext(total, total.plus(first.signExtend(20)));
    m.register('unread', x.and(0x3c), { stage: 's1_load' });
    return { total, low: total.truncate(4) };
  },
});

/** All library circuits, in small sizes. */
export const LIBRARY_CIRCUITS: readonly Module[] = [
  ...ADDER_ARCHITECTURES.map((architecture) => prefixAdder(11, architecture)),
  ...NARROW_FORMATS.map(decoders),
  circuit('sum_of_9', Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x${i}`, 7])), (words) => ({
    y: sumOf(Object.values(words).map((word) => word.signExtend(12))),
  })),
  circuit('leading_zeros', { x: 11 }, ({ x }) => ({ ...leadingZeroCount(x!), normal: normalize(x!).value })),
  circuit('sticky_shifter', { x: 9, n: 5 }, ({ x, n }) => ({
    ...shiftRightSticky(x!, n!),
    jam: shiftRightJam(x!, n!),
  })),
  circuit('signs', { s: 1, x: 9 }, ({ s, x }) => ({ negated: negateIf(s!, x!), ...toSignMagnitude(x!) })),
  circuit('maxima', { a: 4, b: 4, c: 4, d: 4 }, ({ a, b, c, d }) => ({
    larger: larger(a!, b!),
    larger_s: largerSigned(a!, b!),
    largest: maximumOf([a!, b!, c!, d!]),
  })),
  circuit('rounders', { s: 1, x: 8 }, ({ s, x }) =>
    Object.fromEntries(ROUNDING_MODES.map((mode) => [identifier(mode), roundOff(mode, s!, x!, 4)])),
  ),
  circuit('butterflies', Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x${i}`, 5])), (words) =>
    Object.fromEntries(hadamard(Object.values(words)).map((word, i) => [`y${i}`, word])),
  ),
  lfsr(16, 1n),
  floatAdder(BF16, { subnormals: 'keep' }),
  floatMultiplier(BF16, { subnormals: 'keep' }),
  floatAdder(FP32, { subnormals: 'keep' }),
  floatAdder(FP32, { subnormals: 'flush' }),
  floatMultiplier(FP32, { subnormals: 'flush' }),
  accumulator,
];

/** One module with an instance of each of these, every port of which is a port: one run of a tool looks at all. */
export function together(name: string, modules: readonly Module[]): Module {
  const inputs = modules.flatMap((m) =>
    m.inputs.map((port) => [`${m.name}_${port.name}`, port.width] as const),
  );
  return defineModule({
    name,
    summary: `${modules.length} circuits side by side.`,
    inputs: Object.fromEntries(inputs),
    body: (builder, words) => {
      const outputs = modules.flatMap((m) => {
        const operands = m.inputs.map((port) => [port.name, words[`${m.name}_${port.name}`]!] as const);
        const results = builder.instance(`u_${m.name}`, m, Object.fromEntries(operands));
        return Object.entries(results).map(([port, word]) => [`${m.name}_${port}`, word as Word] as const);
      });
      return Object.fromEntries(outputs);
    },
  });
}
