/** What a run is made of: which model, whether the program fits it, and the line that records all of it. */
import { createHash } from 'node:crypto';
import { INSTRUCTION_BY_MNEMONIC, quantizationOf } from '../../isa/index.js';
import { type Program, type Span, scheduleText } from '../assembler/index.js';
import { policyText } from '../formats/index.js';
import { ConfigurationError, suggest } from '../numerics/index.js';
import { type GlobalTensor, operandFormatOf, tileBytes } from './global-memory.js';
import { figuresOf, type MachineModel } from './model.js';
import { MACHINE_MODELS } from './models/index.js';
import { planQuantize } from './quantize-policy.js';

const BARRIER_BYTES = 8;

/** The model of that name. Throws `ConfigurationError` with the nearest one. */
export function machineNamed(name: string): MachineModel {
  const model = MACHINE_MODELS.get(name);
  if (model === undefined) {
    const hint = /\.ya?ml$/i.test(name)
      ? 'a model of your own is named on the command line: --machine FILE.yaml'
      : suggest(name, MACHINE_MODELS.keys());
    throw new ConfigurationError(`unknown machine "${name}"`, hint);
  }
  return model;
}

/** Refuses a program that uses a unit which the model does not have. */
export function checkUnits({ instructions, spans }: Program, { name, quantize }: MachineModel): void {
  const index = instructions.findIndex(({ spec }) => spec.unit === 'quantize');
  if (quantize !== undefined || index < 0) return;
  throw new ConfigurationError(
    `${at(spans[index]!)}: ${instructions[index]!.spec.mnemonic} needs a quantise unit, and ${name} has none`,
    'run it on a machine that has one: --machine fp4core',
  );
}

/** Refuses a program whose buffers, accumulators or streams do not fit a core of the model. */
export function checkCapacity(program: Program, model: MachineModel): void {
  const shared = program.buffers.map((buffer) => {
    const format = operandFormatOf(buffer.format);
    if (format === undefined) {
      throw new ConfigurationError(
        `${at(buffer.span)}: buffer ${buffer.name} has the unknown format ${buffer.format}`,
      );
    }
    return { ...buffer, bytes: buffer.stages * tileBytes(format, buffer.rows, buffer.cols) };
  });
  const barrierBytes = program.barriers.reduce((sum, { count }) => sum + count * BARRIER_BYTES, 0);
  refuseOverflow('shared memory', shared, model.sharedMemoryBytes.value - barrierBytes, model);
  const accumulators = program.accumulators.map((each) => ({
    ...each,
    bytes: each.rows * each.cols * each.stages * 4,
  }));
  refuseOverflow('accumulator memory', accumulators, model.accumulatorBytes.value, model);
  const streams = program.streams.reduce((sum, { count }) => sum + count, 0);
  if (streams > model.streamsPerCore.value) {
    throw new ConfigurationError(
      `${at(program.streams.at(-1)!.span)}: ${streams} streams, but a core of ${model.name} holds ${model.streamsPerCore.value}`,
    );
  }
}

/** Tiles that a grid may have: each core lists its own. */
const TILE_LIMIT = 2 ** 20;
/** Elements of all tensors whose values are computed; each takes about 10 bytes. */
const VALUE_LIMIT = 2 ** 30;

/** Refuses a run that the host could not hold, before it tries. */
export function checkHost({ grid, tensors }: Program, values: 'computed' | 'none'): void {
  const tiles = grid.tilesM * grid.tilesN;
  if (tiles > TILE_LIMIT) {
    throw new ConfigurationError(
      `${at(grid.span)}: a grid of ${tiles} tiles, more than ${TILE_LIMIT}`,
      'larger tiles',
    );
  }
  let elements = 0;
  for (const { name, rows, cols, span } of values === 'none' ? [] : tensors) {
    elements += rows * cols;
    if (elements <= VALUE_LIMIT) continue;
    throw new ConfigurationError(
      `${at(span)}: ${name} has ${rows * cols} elements, which brings all tensors to ${elements}; ${VALUE_LIMIT} can be computed`,
      'smaller tensors',
    );
  }
}

function refuseOverflow(
  memory: string,
  objects: readonly { readonly name: string; readonly bytes: number; readonly span: Span }[],
  capacity: number,
  model: MachineModel,
): void {
  let used = 0;
  for (const { name, bytes, span } of objects) {
    used += bytes;
    if (used <= capacity) continue;
    throw new ConfigurationError(
      `${at(span)}: ${name} takes ${bytes} bytes, which brings ${memory} to ${used}; a core of ${model.name} has ${capacity}`,
      `fewer stages or smaller tiles: ${objects.map((o) => `${o.name} ${o.bytes}`).join(', ')}`,
    );
  }
}

/** Everything that determines the result of a run, in one line. */
export function configurationOf(
  program: Program,
  model: MachineModel,
  tensors: readonly GlobalTensor[],
  seed: number,
): string {
  const operands = tensors.flatMap((tensor) =>
    tensor.kind === 'input' ? [`${tensor.declaration.name}=${tensor.quantized.policy}`] : [],
  );
  const { grid } = program;
  return [
    `machine=${model.name}@${digestOf(model)}`,
    ...program.parameters.map(({ name, value }) => `${name}=${value}`),
    `grid=${grid.tilesM}x${grid.tilesN} ${scheduleText(grid)}`,
    ...operands,
    ...conversionsOf(program, seed),
    `mma=${semanticsOf(program, model).join('+')}`,
    `seed=${seed}`,
  ].join('; ');
}

const digests = new WeakMap<MachineModel, string>();

/** The first digits of a hash of all figures of a model. */
function digestOf(model: MachineModel): string {
  let digest = digests.get(model);
  if (digest === undefined) {
    digest = createHash('sha256')
      .update(JSON.stringify(figuresOf(model)))
      .digest('hex')
      .slice(0, 12);
    digests.set(model, digest);
  }
  return digest;
}

/** What a reader should know: how much of the model is assumed. */
export function notesOf(program: Program, model: MachineModel, tensors: readonly GlobalTensor[]): string[] {
  const figures = figuresOf(model);
  const assumed = figures.filter(({ figure }) => figure.source.startsWith('assumption:')).length;
  const notes: string[] = [];
  if (assumed > 0) {
    notes.push(
      `${assumed} of ${figures.length} figures of ${model.name} are assumptions: fp4sim machines ${model.file ?? model.name}`,
    );
  }
  for (const tensor of tensors) {
    if (tensor.kind === 'input' && tensor.repeated !== undefined) {
      const { name, rows, cols } = tensor.declaration;
      notes.push(`${name} repeats the ${tensor.repeated} tensor of its file to fill ${rows}x${cols}`);
    }
  }
  if (program.streams.length === 0) notes.push('the program has no streams');
  return notes;
}

/** The policies of the program's quantisations, by the text of their instructions. */
function conversionsOf({ instructions }: Program, seed: number): string[] {
  const found = new Map<string, string>();
  for (const { spec, modifiers } of instructions) {
    const action = spec.mnemonic === 'quant' ? quantizationOf(modifiers) : undefined;
    const plan = action && planQuantize(action, seed);
    if (plan?.kind !== 'blocks') continue;
    found.set(
      ['quant', ...modifiers.filter((part) => part !== undefined)].join('.'),
      policyText(plan.policy),
    );
  }
  return [...found].map(([name, policy]) => `${name}=${policy}`);
}

/** The dot semantics that the program's MMAs name, the model's default included. */
function semanticsOf(program: Program, model: MachineModel): string[] {
  const mma = INSTRUCTION_BY_MNEMONIC.get('mma');
  const named = program.instructions
    .filter(({ spec }) => spec === mma)
    .map(({ modifiers }) => modifiers[0] ?? model.defaultSemantic);
  return [...new Set(named)].sort();
}

function at({ file, line, column }: Span): string {
  return `${file}:${line}:${column}`;
}
