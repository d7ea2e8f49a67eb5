/**
 * What is proved about the parts of a design: a lane with its decoders against tables of products and scales, sum
 * trees against a plain sum; and for designs with a `pipeline` option, the pipelined one against the unpipelined one.
 */
import { type BlockFormat, codecOf, SELECTOR_BIT, widthOf } from '../../src/formats/index.js';
import { float32Bits, Rational } from '../../src/numerics/index.js';
import { createDesign, type Design } from '../designs/index.js';
import { concat, defineModule, type Module, type Word } from '../hdl/index.js';
import { stepExponent } from '../library/index.js';
import { treeLemmas } from './carry-save.js';
import { pipelineGoal } from './comparison.js';
import { bareLaneGoal } from './product-goals.js';
import { type ProofGoal, type ProofSide, sideOf } from './prove.js';
import { expressionSide, type TablePort, tableSide } from './specifications.js';

const TREE_TIMEOUT_SECONDS = 300;

/** The goals of a design. */
export function designGoals(design: Design): ProofGoal[] {
  const trees = modulesOf(design.module).filter(isTree).map(treeGoal);
  const bare = design.kind === 'mac' ? bareLaneGoal(design) : undefined;
  const goals = [
    laneGoal(design),
    elementProductGoal(design),
    scaleProductGoal(design),
    bare,
    ...trees,
    unpipelinedGoal(design),
  ];
  return goals.filter((goal) => goal !== undefined);
}

/** The module and everything below it, each once. */
function modulesOf(top: Module): Module[] {
  const found = new Map<string, Module>();
  const visit = (module: Module) => {
    if (found.has(module.name)) return;
    found.set(module.name, module);
    for (const { module: child } of module.instances) visit(child);
  };
  visit(top);
  return [...found.values()];
}

const portsOf = (ports: Module['inputs'] | Module['outputs']): TablePort[] =>
  ports.map(({ name, width }) => ({ name, width }));

/** The element multiplier of designs with FP32 lanes: two codes to an exact FP32 product. */
function elementProductGoal(design: Design): ProofGoal | undefined {
  if (design.kind !== 'mac' || design.a.kind !== 'block') return undefined;
  const format = design.a;
  const module = modulesOf(design.module).find(({ name }) => name === `${format.name}_element_product`);
  if (module === undefined) return undefined;
  const inputs = portsOf(module.inputs);
  const value = (selector: number, code: number) => {
    const { element } = format.choices[selector] ?? format.choices[0];
    return codecOf(element).decode(code % 2 ** widthOf(element));
  };
  const product = (address: number) => {
    const read: Record<string, number> = {};
    let rest = address;
    for (const { name, width } of [...inputs].reverse()) {
      read[name] = rest % 2 ** width;
      rest = Math.floor(rest / 2 ** width);
    }
    return [float32Bits(value(read.a_int ?? 0, read.a!) * value(read.w_int ?? 0, read.w!))];
  };
  return {
    name: `lane ${design.module.name}`,
    claim: `the FP32 product of two ${format.name} elements, zeros with their sign`,
    specification: tableSide('table', inputs, portsOf(module.outputs), product),
    implementation: sideOf(module),
  };
}

/**
 * Bits of one scale code that a lemma leaves free, beside all of the other's: as many as keep it to a second. The rounded
 * product with the gains of integer blocks is too hard with any.
 */
const freeScaleBits = ({ choices }: BlockFormat) => (choices.length === 1 ? 2 : 0);

/**
 * The scale multiplier of designs with FP32 lanes: two scale codes to their FP32 product, with one more rounding for
 * the gains of integer blocks. By cases of the upper bits of one code, since one table of all pairs is too large.
 */
function scaleProductGoal(design: Design): ProofGoal | undefined {
  if (design.kind !== 'mac' || design.a.kind !== 'block') return undefined;
  const format = design.a;
  const module = modulesOf(design.module).find(({ name }) => name === `${format.name}_scale_product`);
  if (module === undefined) return undefined;
  const width = module.inputs[0]!.width;
  const cases = Array.from({ length: 2 ** (width - freeScaleBits(format)) }, (_, upper) => upper);
  return {
    name: `scales ${design.module.name}`,
    claim: `the FP32 product of two ${format.scale.name} scales with the gains of their blocks, NaN as the largest`,
    specification: tableSide('scale_table', portsOf(module.inputs), portsOf(module.outputs), (address) => [
      float32Bits(scaleProductOf(format, address >> width, address & (2 ** width - 1))),
    ]),
    implementation: sideOf(module),
    lemmas: cases.map((upper) => scaleCase(module, format, upper)),
    joinedBy: 'cases of the upper bits of one code',
  };
}

function scaleCase(module: Module, format: BlockFormat, upper: number): ProofGoal {
  const { width } = module.inputs[0]!;
  const free = freeScaleBits(format);
  const part = defineModule({
    name: 'scale_case',
    summary: `The scale product where the upper bits of one code are ${upper}.`,
    inputs: { a_sf: width, ...(free === 0 ? {} : { low: free }) } as Record<string, number>,
    body: (m, { a_sf, low }): Record<string, Word> => {
      const fixed = m.constant(width - free, upper);
      const w_sf = low === undefined ? fixed : concat(fixed, low);
      return m.instance('scales', module, { a_sf: a_sf!, w_sf });
    },
  });
  const product = (address: number) => {
    const [a, low] = [address >> free, address & (2 ** free - 1)];
    return [float32Bits(scaleProductOf(format, a, upper * 2 ** free + low))];
  };
  return {
    name: `upper bits ${upper}`,
    claim: 'the product of the scales',
    specification: tableSide('scale_table', portsOf(part.inputs), portsOf(part.outputs), product),
    implementation: sideOf(part),
  };
}

/** fl(fl(sA · sB) · fl(gain)), each rounding to float32. */
function scaleProductOf({ scale, choices, selector }: BlockFormat, a: number, w: number): number {
  const { decode, width, maxValue } = codecOf(scale);
  const [left, right] = [a, w].map((code) => {
    const value = decode(code % 2 ** width);
    return Number.isNaN(value) ? maxValue : value;
  });
  const integers = [a, w].filter((code) => selector !== 'none' && (code & SELECTOR_BIT) !== 0).length;
  const gain = choices[1]?.gain ?? choices[0].gain;
  const factor = integers === 2 ? Rational.multiply(gain, gain) : gain;
  const product = Math.fround(left! * right!);
  return integers === 0 ? product : Math.fround(product * Math.fround(Rational.toNumber(factor)));
}

const isTree = ({ inputs, outputs }: Module) =>
  `${inputs.map(({ name }) => name)}>${outputs.map(({ name }) => name)}` === 'signs,magnitudes>sum';

function treeGoal(module: Module): ProofGoal {
  const [count, total] = module.inputs.map(({ width }) => width) as [number, number];
  const width = module.outputs[0]!.width;
  const bits = total / count;
  const terms = Array.from({ length: count }, (_, i) => {
    const magnitude = `{${width - bits}'d0, magnitudes[${i * bits} +: ${bits}]}`;
    return `(signs[${i}] ? ${width}'d0 - ${magnitude} : ${magnitude})`;
  });
  const lemmas = treeLemmas(module);
  return {
    name: `tree ${module.name}`,
    claim: `the sum of ${count} signed products of ${bits} bits, one after the other`,
    specification: expressionSide('plain_sum', portsOf(module.inputs), portsOf(module.outputs), [
      `sum = ${terms.join(' + ')}`,
    ]),
    implementation: sideOf(module),
    timeoutSeconds: TREE_TIMEOUT_SECONDS,
    ...(lemmas === undefined ? {} : { lemmas }),
  };
}

/** One lane of a block MAC with the decoders of its operands: from codes to a product and two scales. */
interface Lane {
  readonly a: LaneSide;
  readonly w: LaneSide;
  readonly multiplier: Module;
}

/**
 * What the decoder makes of a scale: times its choice's gain on the common grid (`gained`), in the finest steps of the
 * choices but without gains (`aligned`), or by itself, with gains and steps left to the product of the sides (`plain`).
 */
type ScaleReading = 'gained' | 'aligned' | 'plain';

interface LaneSide {
  readonly format: BlockFormat;
  readonly decoder: Module;
  /** Width of an element code and of a decoded element. */
  readonly codeWidth: number;
  readonly elementWidth: number;
  readonly reading: ScaleReading;
}

/** The first lane of a design that has decoders `decode_a`, `decode_w` and lanes as instances; undefined otherwise. */
function laneOf(design: Design): Lane | undefined {
  if (design.kind !== 'mac') return undefined;
  const find = (pattern: RegExp) => design.module.instances.find(({ name }) => pattern.test(name))?.module;
  const multiplier = find(/^(g0_)?lane0$/);
  const side = (name: 'a' | 'w'): LaneSide | undefined => {
    const decoder = find(new RegExp(`^(g0_)?decode_${name}0?$`));
    const format = design[name];
    if (decoder === undefined || format.kind !== 'block') return undefined;
    const { codeWidth } = design.protocol[name];
    const magnitudes = decoder.outputs.find((port) => port.name === 'magnitudes')?.width;
    const elements = decoder.inputs[0]!.width / codeWidth;
    const significand = decoder.outputs.find((port) => port.name === 'significand')?.width;
    const shift = decoder.outputs.find((port) => port.name === 'shift')?.width;
    if (magnitudes === undefined || significand === undefined || shift === undefined) return undefined;
    // A significand with a gain is wider than that of the scale's format, an exponent with coarser steps as well.
    const gained = significand > format.scale.fractionBits + 1;
    const aligned = shift > format.scale.exponentBits || format.choices.length === 1;
    const reading = gained ? 'gained' : aligned ? 'aligned' : 'plain';
    return { format, decoder, codeWidth, elementWidth: magnitudes / elements, reading };
  };
  const [a, w] = [side('a'), side('w')];
  return a === undefined || w === undefined || multiplier === undefined ? undefined : { a, w, multiplier };
}

function laneGoal(design: Design): ProofGoal | undefined {
  const lane = laneOf(design);
  if (lane === undefined) return undefined;
  return {
    name: `lane ${design.module.name}`,
    claim: `one lane and its decoders, from ${lane.a.format.name} and ${lane.w.format.name} codes to product and scales`,
    specification: laneSpecification(lane),
    implementation: sideOf(laneReader(lane)),
  };
}

const SIDES = ['a', 'w'] as const;

/** Lane 0 alone: the other elements are 0, scales are brought out as integers (0 for NaN). */
function laneReader(lane: Lane): Module {
  const { a, w, multiplier } = lane;
  return defineModule({
    name: 'lane_with_decoders',
    summary: 'One lane, from codes to the product of the elements and the two scales as integers.',
    inputs: {
      code_a: a.codeWidth,
      scale_a: scaleBits(a.format),
      code_w: w.codeWidth,
      scale_w: scaleBits(w.format),
    },
    body: (m, ports): Record<string, Word> => {
      const decoded = SIDES.map((name) => {
        const { decoder, elementWidth, format, reading } = lane[name];
        const codes = ports[`code_${name}`].zeroExtend(decoder.inputs[0]!.width);
        const out = m.instance(`decode_${name}`, decoder, { codes, scale: ports[`scale_${name}`] });
        const steps = tabulatesScale(format)
          ? out.significand!.zeroExtend(scaleWidth(format, reading)).shiftLeft(out.shift!)
          : m.constant(1, 0);
        const operand = [out.signs!.bit(0), out.magnitudes!.truncate(elementWidth)] as const;
        return { operand, steps: out.nan!.choose(0, steps), nan: out.nan! };
      });
      const operands = decoded.flatMap(({ operand }) => operand);
      const pins = multiplier.inputs.map(({ name }, i) => [name, operands[i]!] as const);
      const { sign, magnitude } = m.instance('lane', multiplier, Object.fromEntries(pins));
      const [left, right] = decoded;
      return {
        sign: sign!,
        magnitude: magnitude!,
        steps_a: left!.steps,
        nan_a: left!.nan,
        steps_w: right!.steps,
        nan_w: right!.nan,
      };
    },
  });
}

function laneSpecification({ a, w, multiplier }: Lane): ProofSide {
  const magnitude = multiplier.outputs.find(({ name }) => name === 'magnitude')!.width;
  const selector = (name: string) => ({ name, width: 1 });
  const code = { a: { name: 'code_a', width: a.codeWidth }, w: { name: 'code_w', width: w.codeWidth } };
  const inputs = [selector('selector_a'), code.a, selector('selector_w'), code.w];
  const elementBits = w.codeWidth + 1;
  const product = tableSide(
    'product_table',
    inputs,
    [
      { name: 'sign', width: 1 },
      { name: 'magnitude', width: magnitude },
    ],
    (address) => {
      const [left, right] = [address >> elementBits, address & (2 ** elementBits - 1)];
      const [signA, stepsA] = elementSteps(a.format, left >> a.codeWidth, left & (2 ** a.codeWidth - 1));
      const [signW, stepsW] = elementSteps(w.format, right >> w.codeWidth, right & (2 ** w.codeWidth - 1));
      return [signA ^ signW, stepsA * stepsW];
    },
  );
  const scales = SIDES.map((name) => scaleTable(name, name === 'a' ? a : w));
  const chosen = (name: string, { format }: LaneSide) =>
    format.selector === 'none' ? "1'b0" : `scale_${name}[${scaleBits(format) - 1}]`;
  const width = ({ format, reading }: LaneSide) => (tabulatesScale(format) ? scaleWidth(format, reading) : 1);
  const text = `module lane_table (
  input wire [${a.codeWidth - 1}:0] code_a, input wire [${scaleBits(a.format) - 1}:0] scale_a,
  input wire [${w.codeWidth - 1}:0] code_w, input wire [${scaleBits(w.format) - 1}:0] scale_w,
  output wire sign, output wire [${magnitude - 1}:0] magnitude,
  output wire [${width(a) - 1}:0] steps_a, output wire nan_a,
  output wire [${width(w) - 1}:0] steps_w, output wire nan_w
);
  product_table p (.selector_a(${chosen('a', a)}), .code_a(code_a), .selector_w(${chosen('w', w)}), .code_w(code_w),
    .sign(sign), .magnitude(magnitude));
  scale_a_table a (.code(scale_a), .steps(steps_a), .nan(nan_a));
  scale_w_table w (.code(scale_w), .steps(steps_w), .nan(nan_w));
endmodule
`;
  const files = [product, ...scales].flatMap((part) => part.files);
  return { top: 'lane_table', files: [...files, { file: 'lane_table.sv', text }] };
}

function scaleTable(name: string, { format, reading }: LaneSide): ProofSide {
  const steps = { name: 'steps', width: tabulatesScale(format) ? scaleWidth(format, reading) : 1 };
  const inputs = [{ name: 'code', width: scaleBits(format) }];
  return tableSide(`scale_${name}_table`, inputs, [steps, { name: 'nan', width: 1 }], (address) => {
    const value = scaleSteps(format, address, reading);
    if (value === null) return [0, 1];
    return [tabulatesScale(format) ? value : 0, 0];
  });
}

/** Scales of wide range (E8M0) are no integers of a sensible width; only their NaN is looked at. */
function tabulatesScale({ scale }: BlockFormat): boolean {
  return scale.exponentBits <= 5;
}

/** Widest scale as an integer: significand << shift. */
function scaleWidth(format: BlockFormat, reading: ScaleReading): number {
  const all = Array.from(
    { length: 2 ** scaleBits(format) },
    (_, code) => scaleSteps(format, code, reading) ?? 0n,
  );
  return Math.max(...all.map((steps) => steps.toString(2).length));
}

/** Width of a scale code with its selector bit. */
function scaleBits(format: BlockFormat): number {
  return format.selector === 'none' ? widthOf(format.scale) : SELECTOR_BIT.toString(2).length;
}

/** Sign and magnitude of an element in steps of its own format. */
function elementSteps(format: BlockFormat, selector: number, code: number): readonly [number, number] {
  const { element } = format.choices[selector] ?? format.choices[0];
  const value = codecOf(element).decode(code % 2 ** widthOf(element));
  return [Object.is(value, -0) || value < 0 ? 1 : 0, Math.abs(value) / 2 ** stepExponent(element)];
}

/**
 * A scale code as an integer, as the decoder reads it; on the grid, the steps of the choices' elements and the
 * denominators of their gains are brought to one. Null for NaN.
 */
function scaleSteps(format: BlockFormat, code: number, reading: ScaleReading): bigint | null {
  const { choices, scale } = format;
  const selected = format.selector === 'none' ? 0 : code >> (scaleBits(format) - 1);
  const choice = choices[selected] ?? choices[0];
  const value = codecOf(scale).decode(code % 2 ** widthOf(scale));
  if (Number.isNaN(value)) return null;
  if (!tabulatesScale(format)) return 0n;
  const finest = Math.min(...choices.map(({ element }) => stepExponent(element)));
  const denominator = choices.reduce((product, { gain }) => product * gain.denominator, 1n);
  const gain = Rational.multiply(choice.gain, Rational.rational(denominator, 1n));
  const coarser = reading === 'plain' ? 0 : stepExponent(choice.element) - finest;
  const steps = BigInt(value * 2 ** (coarser + scale.bias + scale.fractionBits));
  return reading === 'gained' ? (steps * gain.numerator) / gain.denominator : steps;
}

/** For designs whose pipeline can be left out. Undefined for all others. */
function unpipelinedGoal(design: Design): ProofGoal | undefined {
  if (design.options.pipeline !== true) return undefined;
  return pipelineGoal(design, createDesign(design.name, { ...design.options, pipeline: false }));
}
