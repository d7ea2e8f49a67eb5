/** What is proved about the library: adder networks against `+`, decoders against the values of their codecs. */
import { codecOf, ELEMENT_FORMATS, type ElementFormat, widthOf } from '../../src/formats/index.js';
import { ADDER_ARCHITECTURES, defineModule, type Module, type Word } from '../hdl/index.js';
import { decodeFloat, decodeInteger, magnitudeWidth, prefixAdder, stepExponent } from '../library/index.js';
import { type ProofGoal, sideOf } from './prove.js';
import { expressionSide, tableSide } from './specifications.js';

/** Widths in use: significands, the NVFP4 accumulator, the IF4 accumulator. */
const ADDER_WIDTHS = [24, 58, 64];

/** Widest integer form of an element that is a circuit of its own here. */
const WIDEST_INTEGER = 64;

/** All goals about the library. */
export function libraryGoals(): ProofGoal[] {
  const adders = ADDER_WIDTHS.flatMap((width) =>
    ADDER_ARCHITECTURES.map((architecture): ProofGoal => {
      const inputs = [
        { name: 'a', width },
        { name: 'b', width },
        { name: 'cin', width: 1 },
      ];
      const outputs = [
        { name: 'sum', width },
        { name: 'cout', width: 1 },
      ];
      return {
        name: `adder ${architecture} ${width}`,
        claim: `the ${architecture} adder of ${width} bits is a + b + cin`,
        specification: expressionSide('plain_sum', inputs, outputs, ['{cout, sum} = a + b + cin']),
        implementation: sideOf(prefixAdder(width, architecture)),
      };
    }),
  );
  return [...adders, ...tabulatedFormats().map(decoderGoal)];
}

/** Formats with codes of 1 to 8 bits and a narrow integer form. */
function tabulatedFormats(): ElementFormat[] {
  return [...ELEMENT_FORMATS.values()].filter((format) => {
    const width = widthOf(format);
    return width > 0 && width <= 8 && magnitudeWidth(format) < WIDEST_INTEGER;
  });
}

/** The decoder of an element: its value as an integer of steps, and which codes are no numbers. */
function decoderGoal(format: ElementFormat): ProofGoal {
  const { decode } = codecOf(format);
  const step = 2 ** stepExponent(format);
  const inputs = [{ name: 'code', width: widthOf(format) }];
  const outputs = [
    { name: 'steps', width: magnitudeWidth(format) + 1 },
    { name: 'is_infinity', width: 1 },
    { name: 'is_nan', width: 1 },
  ];
  const row = (code: number): readonly bigint[] => {
    const value = decode(code);
    const steps = Number.isFinite(value) ? BigInt(value / step) : 0n;
    return [steps, BigInt(Math.abs(value) === Number.POSITIVE_INFINITY), BigInt(Number.isNaN(value))];
  };
  return {
    name: `decoder ${format.name}`,
    claim: `every ${format.name} code decodes to its value in steps of 2^${stepExponent(format)}`,
    specification: tableSide('table', inputs, outputs, row),
    implementation: sideOf(elementDecoder(format)),
  };
}

/** Special codes give 0 steps, so that the table says all there is to say. */
function elementDecoder(format: ElementFormat): Module {
  return defineModule({
    name: `element_${format.name.replaceAll('-', '_')}`,
    summary: `${format.name} as an integer, 0 for codes that are no numbers.`,
    inputs: { code: widthOf(format) },
    body: (m, { code }): Record<string, Word> => {
      const zero = m.constant(1, 0);
      const specials =
        format.kind === 'float' ? decodeFloat(format, code) : { isInfinity: zero, isNaN: zero };
      const special = specials.isInfinity.or(specials.isNaN);
      const steps = special.choose(0, decodeInteger(format, code));
      return { steps, is_infinity: specials.isInfinity.and(m.constant(1, 1)), is_nan: specials.isNaN };
    },
  });
}
