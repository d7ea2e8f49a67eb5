/**
 * What is proved about the parts of a design, recognised by their ports: lane multipliers against tables, sum trees
 * against a plain sum, decoders of a block's operands against the values of their formats; and for designs with a
 * `pipeline` option, the pipelined one against the unpipelined one.
 */
import { type BlockFormat, codecOf, SELECTOR_BIT, widthOf } from '../../src/formats/index.js';
import { Rational } from '../../src/numerics/index.js';
import { createDesign, DESIGNS, type Design } from '../designs/index.js';
import { defineModule, type Module, type Word } from '../hdl/index.js';
import { stepExponent } from '../library/index.js';
import { pipelineDepth, pipelineRegisters, transparent } from './pipeline.js';
import { type ProofGoal, type ProofSide, sideOf } from './prove.js';
import { expressionSide, type TablePort, tableSide } from './specifications.js';

/** Inputs up to this many bits are proved against a table, wider ones against an expression. */
const TABLE_BITS = 12;
const TREE_TIMEOUT_SECONDS = 300;

interface PartRow {
  readonly part: string;
  readonly inputs: readonly string[];
  goal(module: Module, design: Design): Omit<ProofGoal, 'name'> | undefined;
}

/** A part is a module with exactly these input ports. */
const PARTS: readonly PartRow[] = [
  { part: 'lane', inputs: ['sign_a', 'magnitude_a', 'sign_b', 'magnitude_b'], goal: laneGoal },
  { part: 'tree', inputs: ['signs', 'magnitudes'], goal: treeGoal },
  { part: 'decoder', inputs: ['codes', 'scale'], goal: decoderGoal },
];

/** The goals of a design as registered, in its default configuration. */
export function designGoals(design: Design): ProofGoal[] {
  const goals: ProofGoal[] = [];
  for (const module of modulesOf(design.module)) {
    const names = module.inputs.map(({ name }) => name).join(' ');
    const row = PARTS.find(({ inputs }) => inputs.join(' ') === names);
    const goal = row?.goal(module, design);
    if (goal !== undefined) goals.push({ name: `${row!.part} ${module.name}`, ...goal });
  }
  const pipeline = pipelineGoal(design);
  return pipeline === undefined ? goals : [...goals, pipeline];
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

function laneGoal(module: Module): Omit<ProofGoal, 'name'> {
  const [, a, , b] = module.inputs.map(({ width }) => width) as [number, number, number, number];
  const [inputs, outputs] = [portsOf(module.inputs), portsOf(module.outputs)];
  const value = (address: number): readonly number[] => {
    const signs = ((address >> b) & 1) ^ (address >> (a + b + 1));
    return [signs, ((address >> (b + 1)) & (2 ** a - 1)) * (address & (2 ** b - 1))];
  };
  const specification =
    a + b + 2 <= TABLE_BITS
      ? tableSide('table', inputs, outputs, value)
      : expressionSide('plain', inputs, outputs, [
          'sign = sign_a ^ sign_b',
          'magnitude = magnitude_a * magnitude_b',
        ]);
  const claim = `the product of sign-magnitude integers of ${a} and ${b} bits`;
  return { claim, specification, implementation: sideOf(module) };
}

function treeGoal(module: Module): Omit<ProofGoal, 'name'> {
  const [count, total] = module.inputs.map(({ width }) => width) as [number, number];
  const width = module.outputs[0]!.width;
  const bits = total / count;
  const terms = Array.from({ length: count }, (_, i) => {
    const magnitude = `{${width - bits}'d0, magnitudes[${i * bits} +: ${bits}]}`;
    return `(signs[${i}] ? ${width}'d0 - ${magnitude} : ${magnitude})`;
  });
  const sum = `${module.outputs[0]!.name} = ${terms.join(' + ')}`;
  return {
    claim: `the sum of ${count} signed products of ${bits} bits, one after the other`,
    specification: expressionSide('plain_sum', portsOf(module.inputs), portsOf(module.outputs), [sum]),
    implementation: sideOf(module),
    timeoutSeconds: TREE_TIMEOUT_SECONDS,
  };
}

/** The block format of a decoder module, `nvfp4_decode_16`. */
function formatOf(module: Module, design: Design): BlockFormat | undefined {
  if (design.kind !== 'mac') return undefined;
  return [design.a, design.w].find(
    (format): format is BlockFormat => 'choices' in format && module.name.startsWith(`${format.name}_decode`),
  );
}

function decoderGoal(module: Module, design: Design): Omit<ProofGoal, 'name'> | undefined {
  const format = formatOf(module, design);
  if (format === undefined || format.scale.bias + format.scale.fractionBits > 64) return undefined;
  const value = scaleReader(module, scaleWidth(format));
  return {
    claim: `every ${format.name} element code and scale code decodes to its value`,
    specification: decoderSpecification(module, format),
    implementation: sideOf(value),
  };
}

/** Widest scale as an integer: significand << shift. */
function scaleWidth(format: BlockFormat): number {
  const largest = Array.from({ length: 2 ** scaleBits(format) }, (_, code) => scaleSteps(format, code) ?? 0n);
  return Math.max(...largest.map((steps) => steps.toString(2).length));
}

/** The decoder with its scale as one integer, significand << shift, and 0 for a NaN scale. */
function scaleReader(module: Module, width: number): Module {
  return defineModule({
    name: `${module.name}_read`,
    summary: 'The decoder with its scale as one integer.',
    inputs: Object.fromEntries(module.inputs.map((port) => [port.name, port.width])),
    body: (m, ports): Record<string, Word> => {
      const { signs, magnitudes, significand, shift, nan } = m.instance('decoder', module, ports);
      const scale = significand!.zeroExtend(width).shiftLeft(shift!);
      return { signs: signs!, magnitudes: magnitudes!, scale_steps: nan!.choose(0, scale), is_nan: nan! };
    },
  });
}

function decoderSpecification(module: Module, format: BlockFormat): ProofSide {
  const scale = { name: 'scale', width: scaleBits(format) };
  const code = { name: 'code', width: Math.max(...format.choices.map(({ element }) => widthOf(element))) };
  const lanes = module.inputs[0]!.width / code.width;
  const magnitude = module.outputs.find(({ name }) => name === 'magnitudes')!.width / lanes;
  const selector = { name: 'selector', width: 1 };
  const elements = tableSide(
    'element_table',
    [selector, code],
    [
      { name: 'sign', width: 1 },
      { name: 'magnitude', width: magnitude },
    ],
    (address) => elementSteps(format, address >> code.width, address & (2 ** code.width - 1)),
  );
  const steps = { name: 'scale_steps', width: scaleWidth(format) };
  const scales = tableSide('scale_table', [scale], [steps, { name: 'is_nan', width: 1 }], (address) => {
    const value = scaleSteps(format, address);
    return value === null ? [0, 1] : [value, 0];
  });
  const chosen = format.selector === 'none' ? "1'b0" : `scale[${scale.width - 1}]`;
  const instances = Array.from({ length: lanes }, (_, i) => {
    const pins = `.selector(${chosen}), .code(codes[${i * code.width} +: ${code.width}])`;
    return `  element_table t${i} (${pins}, .sign(signs[${i}]), .magnitude(magnitudes[${i * magnitude} +: ${magnitude}]));`;
  });
  const text = `module values (
  input wire [${lanes * code.width - 1}:0] codes,
  input wire [${scale.width - 1}:0] scale,
  output wire [${lanes - 1}:0] signs,
  output wire [${lanes * magnitude - 1}:0] magnitudes,
  output wire [${steps.width - 1}:0] scale_steps,
  output wire is_nan
);
${instances.join('\n')}
  scale_table s (.scale(scale), .scale_steps(scale_steps), .is_nan(is_nan));
endmodule
`;
  return { top: 'values', files: [...elements.files, ...scales.files, { file: 'values.sv', text }] };
}

/** Width of a scale code with its selector bit. */
function scaleBits(format: BlockFormat): number {
  return format.selector === 'none' ? widthOf(format.scale) : SELECTOR_BIT.toString(2).length;
}

/** Sign and magnitude of an element in steps of its own format. */
function elementSteps(format: BlockFormat, selector: number, code: number): readonly (number | bigint)[] {
  const { element } = format.choices[selector] ?? format.choices[0];
  const value = codecOf(element).decode(code % 2 ** widthOf(element));
  const steps = Math.abs(value) / 2 ** stepExponent(element);
  return [Object.is(value, -0) || value < 0 ? 1 : 0, BigInt(steps)];
}

/**
 * A scale code, times the gain of the choice it selects, on the finest common grid: the steps of the choices' elements
 * and the denominators of their gains are brought to one. Null for NaN.
 */
function scaleSteps(format: BlockFormat, code: number): bigint | null {
  const { choices, scale } = format;
  const selected = format.selector === 'none' ? 0 : code >> (scaleBits(format) - 1);
  const choice = choices[selected] ?? choices[0];
  const value = codecOf(scale).decode(code % 2 ** widthOf(scale));
  if (Number.isNaN(value)) return null;
  const finest = Math.min(...choices.map(({ element }) => stepExponent(element)));
  const denominator = choices.reduce((product, { gain }) => product * gain.denominator, 1n);
  const gain = Rational.multiply(choice.gain, Rational.rational(denominator, 1n));
  const exponent = stepExponent(choice.element) - finest + scale.bias + scale.fractionBits;
  return (BigInt(value * 2 ** exponent) * gain.numerator) / gain.denominator;
}

/** For designs whose pipeline can be left out. Undefined for all others. */
function pipelineGoal(design: Design): ProofGoal | undefined {
  const generator = DESIGNS.get(design.name);
  if (generator === undefined || generator.defaults.pipeline === undefined) return undefined;
  const plain = createDesign(design.name, { ...generator.defaults, pipeline: false });
  const registers = pipelineRegisters(design.module, plain.module);
  const depth = pipelineDepth(design.module, registers);
  return {
    name: `pipeline ${design.module.name}`,
    claim: `${registers.size} pipeline registers, ${depth} on every path, change nothing but the time`,
    specification: sideOf(plain.module),
    implementation: sideOf(transparent(design.module, registers)),
    inductionCycles: 1,
    timeoutSeconds: TREE_TIMEOUT_SECONDS,
  };
}
