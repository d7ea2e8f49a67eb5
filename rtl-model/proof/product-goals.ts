/** What is proved about lanes without block scales: the multiplier of integers, and products of bare floats. */
import { codecOf, type FloatFormat, widthOf } from '../../src/formats/index.js';
import type { MacDesign } from '../designs/index.js';
import type { Module } from '../hdl/index.js';
import { type ProofGoal, sideOf } from './prove.js';
import { expressionSide, type TablePort } from './specifications.js';

/** Widest format whose special codes are listed one by one. */
const LISTED_BITS = 8;
const TIMEOUT_SECONDS = 300;

const portsOf = (ports: Module['inputs'] | Module['outputs']): TablePort[] =>
  ports.map(({ name, width }) => ({ name, width }));

/** The first lane of a design of bare elements; undefined for others. */
export function bareLaneGoal(design: MacDesign): ProofGoal | undefined {
  const module = design.module.instances.find(({ name }) => name === 'lane0')?.module;
  const format = design.a;
  if (module === undefined || format.kind === 'block') return undefined;
  const [claim, assignments] =
    format.kind === 'float'
      ? [
          `sign, significands, exponents and special values of a product of two ${format.name} codes`,
          floatProduct(format),
        ]
      : ['sign and magnitude of the product of two signs and magnitudes', integerProduct(module)];
  return {
    name: `lane ${design.module.name}`,
    claim,
    specification: expressionSide(
      'plain_product',
      portsOf(module.inputs),
      portsOf(module.outputs),
      assignments,
    ),
    implementation: sideOf(module),
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}

function integerProduct(module: Module): string[] {
  const bits = module.outputs.find(({ name }) => name === 'magnitude')!.width / 2;
  return ['sign = sign_a ^ sign_w', `magnitude = {${bits}'d0, element_a} * {${bits}'d0, element_w}`];
}

/** Assignments to the outputs of a product lane, from the layout of the format and the values of its codec. */
function floatProduct(format: FloatFormat): string[] {
  const { exponentBits: e, fractionBits: f } = format;
  const width = widthOf(format);
  const field = (x: string) => `${x}[${f} +: ${e}]`;
  const significand = (x: string) => `{${f + 1}'d0, |${field(x)}, ${x}[${f - 1}:0]}`;
  const exponent = (x: string) => `(${field(x)} == 0 ? ${e + 1}'d1 : {1'b0, ${field(x)}})`;
  const zero = (x: string) => `(${x}[${width - 2}:0] == 0)`;
  const is = (what: 'nan' | 'infinite', x: string) => specialCode(format, what, x);
  const anyInfinite = `(${is('infinite', 'a')} || ${is('infinite', 'w')})`;
  const anyZero = `(${zero('a')} || ${zero('w')})`;
  return [
    `sign = a[${width - 1}] ^ w[${width - 1}]`,
    `magnitude = ${significand('a')} * ${significand('w')}`,
    `exponent = ${exponent('a')} + ${exponent('w')}`,
    `zero_a = ${zero('a')}`,
    `zero_w = ${zero('w')}`,
    `infinite = ${anyInfinite} && !${anyZero}`,
    `nan = ${is('nan', 'a')} || ${is('nan', 'w')} || (${anyInfinite} && ${anyZero})`,
  ];
}

/** Whether a port holds a NaN or an infinity: by the codec's values, or for wide formats by IEEE 754's rule. */
function specialCode(format: FloatFormat, what: 'nan' | 'infinite', x: string): string {
  const { exponentBits: e, fractionBits: f } = format;
  if (widthOf(format) > LISTED_BITS) {
    return `(&${x}[${f} +: ${e}] && ${what === 'nan' ? '|' : '~|'}${x}[${f - 1}:0])`;
  }
  const { decode, width } = codecOf(format);
  const wanted = (value: number) =>
    what === 'nan' ? Number.isNaN(value) : Math.abs(value) === Number.POSITIVE_INFINITY;
  const codes = Array.from({ length: 2 ** width }, (_, code) => code).filter((code) => wanted(decode(code)));
  return codes.length === 0 ? "1'b0" : `(${codes.map((code) => `${x} == ${width}'d${code}`).join(' || ')})`;
}
