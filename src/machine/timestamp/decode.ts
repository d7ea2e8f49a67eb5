/** From a program and a model to the tables of the timestamp engine. */
import {
  type CopyOperation,
  DEFAULT_POLLING_THREADS,
  type Instruction,
  type MmaOperation,
  type OperandMap,
  type OperandValues,
  type Place,
  type QuantizeOperation,
  type Slot,
  type Source,
  type VectorOperation,
} from '../../../isa/index.js';
import type { BarrierDeclaration } from '../../assembler/index.js';
import type { Device } from '../core.js';
import { issueCost } from '../device.js';
import { elementBits, operandFormatOf, tileBytes } from '../global-memory.js';
import { Accumulator, BufferStage, otherOf } from '../local-memory.js';
import { planMma } from '../mma-timing.js';
import { warpsOf } from '../poll.js';
import { alignmentOf, checkConversion } from '../quantize-checks.js';
import { Fault } from '../trap.js';
import { timeConversion } from '../units/quantize-timing.js';
import { timeVector } from '../units/vector-unit.js';
import {
  type Alignment,
  type BarrierRecord,
  type Code,
  type ConvertRecord,
  type Kind,
  kindCode,
  kindOf,
  type LoadRecord,
  type MmaRecord,
  type ObjectSlot,
  Slots,
  SPECIAL_SLOTS,
  type StoreRecord,
  type VectorRecord,
} from './code.js';
import { operationOf } from './slot-context.js';

/** What one instruction adds to the tables. */
interface Records {
  readonly load?: LoadRecord;
  readonly store?: StoreRecord;
  readonly barrier?: BarrierRecord;
  readonly mma?: MmaRecord;
  readonly vector?: VectorRecord;
  readonly convert?: ConvertRecord;
  readonly commit?: ObjectSlot;
}

/** Operands of the plain instructions, by their names in the records. */
type PlainOperands = {
  [N in 'a' | 'counter' | 'destination' | 'm' | 'n' | 'pending' | 'target' | 'done']?: number;
} & { readonly b?: Source; readonly value?: Source };

/** Decodes a program. */
export function decode(device: Device): Code {
  return new Decoder(device).decode();
}

class Decoder {
  readonly #constants = new Map<number, number>();
  #readsClock = false;
  /** By buffer: what the conversions that read it ask of its place. */
  readonly #alignments = new Map<number, Alignment>();
  readonly #bases: Readonly<Record<'buffers' | 'accumulators' | 'barriers', readonly number[]>>;

  constructor(private readonly device: Device) {
    const { buffers, accumulators, barriers } = device.program;
    this.#bases = {
      buffers: bases(buffers.map(({ stages }) => stages)),
      accumulators: bases(accumulators.map(({ stages }) => stages)),
      barriers: bases(barriers.map(({ count }) => count)),
    };
  }

  decode(): Code {
    const { program, model } = this.device;
    const length = program.instructions.length;
    for (const instruction of program.instructions) this.#align(instruction);
    const [kind, readsClock] = [new Uint8Array(length), new Uint8Array(length)];
    const [cost, x] = [new Int32Array(length), new Int32Array(3 * length)];
    const records = program.instructions.map((instruction, at) => {
      const name = kindOf(instruction.spec);
      kind[at] = kindCode(name);
      cost[at] = Math.max(1, Math.round(issueCost(model, instruction.spec.mnemonic)));
      this.#readsClock = false;
      x.set(this.#slots(name, instruction.operands), 3 * at);
      const record = this.#record(name, instruction);
      readsClock[at] = Number(this.#readsClock);
      return record;
    });
    return {
      program,
      kind,
      cost,
      x,
      readsClock,
      takesTile: kind.map((code) => Number(code === kindCode('tile.next'))),
      barrierPlaces: program.barriers.flatMap(({ count }, id) =>
        Array.from({ length: count }, (_, i) => [id, i] as const),
      ),
      barrierNames: program.barriers.flatMap(namesOf),
      arrivals: Int32Array.from(program.barriers.flatMap((b) => Array(b.count).fill(b.arrivals))),
      slots: Slots.constants + this.#constants.size,
      constants: [...this.#constants.keys()],
      loads: records.map(({ load }) => load),
      stores: records.map(({ store }) => store),
      barriers: records.map(({ barrier }) => barrier),
      mmas: records.map(({ mma }) => mma),
      vectors: records.map(({ vector }) => vector),
      converts: records.map(({ convert }) => convert),
      alignments: program.buffers.flatMap(({ stages }, id) => Array(stages).fill(this.#alignmentOf(id))),
      commits: records.map(({ commit }) => commit),
    };
  }

  /** The three slots of the plain instructions. */
  #slots(kind: Kind, operands: OperandMap): number[] {
    const o = operands as unknown as PlainOperands;
    if (kind === 'convert') return [0, 0, 0];
    if (kind === 'loop') return [o.counter!, target(o.counter!), o.target!];
    if (kind === 'tile.next') return [target(o.m!), target(o.n!), o.done!];
    if (o.pending !== undefined) return [o.pending, 0, 0];
    if (o.value !== undefined) return [target(o.destination!), this.#slot(o.value), 0];
    if (o.destination !== undefined) return [target(o.destination), o.a!, this.#slot(o.b!)];
    if (o.target !== undefined) return [o.a ?? 0, o.b === undefined ? 0 : this.#slot(o.b), o.target];
    return [0, 0, 0];
  }

  #record(kind: Kind, instruction: Instruction): Records {
    const { operands } = instruction;
    const operation = operationOf(instruction, (source) => this.#slot(source));
    switch (operation?.unit) {
      case 'copy':
        return operation.direction === 'load'
          ? { load: this.#load(operation) }
          : { store: this.#store(operation) };
      case 'mma':
        return { mma: this.#mma(operation, (operands as { start?: OperandValues['start'] }).start) };
      case 'vector':
        return { vector: this.#vector(operation) };
      case 'quantize':
        return { convert: this.#convert(operation) };
    }
    const barrier = operands.barrier as Slot | undefined;
    if (barrier === undefined) return {};
    const slot = this.#object('barriers', { id: barrier.id, index: this.#slot(barrier.index) });
    return kind === 'mma.commit'
      ? { commit: slot }
      : { barrier: this.#barrier(slot, operands, instruction.spec.mnemonic) };
  }

  #load({ local, barrier, tensor: id, row, col }: CopyOperation): LoadRecord {
    const { program, tensors } = this.device;
    const { rows, cols, format } = program.buffers[local.id]!;
    const { kind, declaration } = tensors[id]!;
    const operandFormat = operandFormatOf(format)!;
    return {
      stage: this.#object('buffers', local),
      barrier: this.#object('barriers', barrier!),
      tensor: id,
      row,
      col,
      bytes: tileBytes(operandFormat, rows, cols),
      fits: kind === 'input' && declaration.format === format,
      lastRow: declaration.rows - rows,
      lastCol: declaration.cols - cols,
      blockSize: 'blockSize' in operandFormat ? operandFormat.blockSize : 1,
      alignment: this.#alignmentOf(local.id),
    };
  }

  #store({ local, barrier, tensor: id, row, col, path, part, maximum = false }: CopyOperation): StoreRecord {
    const { program, tensors, model } = this.device;
    const { rows, cols } = program[local.memory === 'buffer' ? 'buffers' : 'accumulators'][local.id]!;
    const tensor = tensors[id]!;
    const elementBytes = tensor.kind === 'output' ? tensor.codec.width / 8 : 0;
    const real = local.memory === 'accumulator' || this.#stage(local.id).format.kind !== 'block';
    const combines = part !== undefined || maximum;
    return {
      source: this.#object(local.memory === 'buffer' ? 'buffers' : 'accumulators', local),
      memory: local.memory,
      barrier: barrier && this.#object('barriers', barrier),
      tensor: id,
      row,
      col,
      bytes: rows * cols * elementBytes,
      elementBytes,
      path: path ?? 'direct',
      part,
      maximum,
      weight: combines ? model.copy.combineCost.value : 1,
      fits: tensor.kind === 'output' && real && (!maximum || tensor.declaration.format === 'fp32'),
      lastRow: tensor.declaration.rows - rows,
      lastCol: tensor.declaration.cols - cols,
    };
  }

  #barrier(barrier: ObjectSlot, operands: OperandMap, mnemonic: string): BarrierRecord {
    const { model } = this.device;
    const { poll } = model;
    const {
      bytes,
      parity,
      threads = DEFAULT_POLLING_THREADS,
    } = operands as {
      bytes?: Source;
      parity?: Source;
      threads?: number;
    };
    const source = bytes ?? parity;
    return {
      barrier,
      source: source === undefined ? 0 : this.#slot(source),
      threads,
      warps: warpsOf(poll, threads),
      issueCycles: issueCost(model, mnemonic),
    };
  }

  #mma(
    { accumulator, a, b, slice, source, semantic }: MmaOperation,
    start: OperandValues['start'] | undefined,
  ): MmaRecord {
    const { program, model } = this.device;
    const { rows, cols } = program.accumulators[accumulator.id]!;
    const [left, right] = [program.buffers[a.id]!, program.buffers[b.id]!];
    const fits = left.cols === right.cols && left.rows % rows === 0 && cols === right.rows;
    const bits = elementBits(operandFormatOf(left.format)!);
    const plan = planMma(model.mma.rate, { m: rows, n: cols, k: left.cols, bits, source }, model.banks);
    return {
      accumulator: this.#object('accumulators', accumulator),
      a: this.#object('buffers', a),
      b: this.#object('buffers', b),
      start: start?.kind ?? 'no',
      startSlot: start?.kind === 'register' ? start.register : 0,
      slice,
      slices: fits ? left.rows / rows : 0,
      plan,
      issueCycles: Math.ceil(plan.issueCycles),
      macs: rows * cols * left.cols,
      semantic: semantic ?? model.defaultSemantic,
      fitted: false,
    };
  }

  #vector({ accumulator, action }: VectorOperation): VectorRecord {
    const { program, model } = this.device;
    const other = otherOf(action);
    const { rows, cols } = program.accumulators[accumulator.id]!;
    const second = program.accumulators[(other ?? accumulator).id]!;
    return {
      accumulator: this.#object('accumulators', accumulator),
      other: other && this.#object('accumulators', other),
      sameShape: second.rows === rows && second.cols === cols,
      ...timeVector(model.vector, rows * cols),
    };
  }

  #convert({ destination, source, barrier, action }: QuantizeOperation): ConvertRecord {
    const { program, model } = this.device;
    const buffer = source.memory === 'buffer';
    const target = this.#stage(destination.id);
    const from = buffer ? this.#stage(source.id) : new Accumulator(program.accumulators[source.id]!);
    const fits = isAllowed(target, from, action);
    const { rows, cols } = from.declaration;
    return {
      destination: this.#object('buffers', destination),
      source: this.#object(buffer ? 'buffers' : 'accumulators', source),
      memory: source.memory,
      barrier: barrier && this.#object('barriers', barrier),
      fits,
      alignment: fits ? alignmentOf(target, action) : ANYWHERE,
      // A program that uses the unit is refused where there is none.
      timing: fits ? timeConversion(model.quantize!, action, rows * cols) : NO_TIME,
    };
  }

  /** Notes what a conversion asks of the place of the buffer that it reads. */
  #align(instruction: Instruction): void {
    if (instruction.spec.unit !== 'quantize') return;
    const { source, memory, alignment } = this.#record('convert', instruction).convert!;
    if (memory !== 'buffer') return;
    const before = this.#alignmentOf(source.id);
    const row = Math.max(before.row, alignment.row);
    this.#alignments.set(source.id, { row, col: Math.max(before.col, alignment.col) });
  }

  #alignmentOf(buffer: number): Alignment {
    return this.#alignments.get(buffer) ?? ANYWHERE;
  }

  #stage(buffer: number): BufferStage {
    const declaration = this.device.program.buffers[buffer]!;
    return new BufferStage(declaration, operandFormatOf(declaration.format)!);
  }

  #object(table: 'buffers' | 'accumulators' | 'barriers', { id, index }: Place): ObjectSlot {
    const base = this.#bases[table];
    return { id, base: base[id]!, count: base[id + 1]! - base[id]!, index };
  }

  /** The register slot that a source is read from. */
  #slot(source: Source): number {
    if (source.kind === 'register') return source.register;
    if (source.kind === 'special') {
      if (source.special === '%clock') this.#readsClock = true;
      return SPECIAL_SLOTS[source.special];
    }
    const value = source.value | 0;
    const known = this.#constants.get(value) ?? Slots.constants + this.#constants.size;
    this.#constants.set(value, known);
    return known;
  }
}

const ANYWHERE = { row: 1, col: 1 };
const NO_TIME = { busyCycles: 0, latencyCycles: 0, pipelines: [] };

/** Whether a conversion between stages of these shapes and formats is ever allowed. */
function isAllowed(
  destination: BufferStage,
  source: BufferStage | Accumulator,
  action: QuantizeOperation['action'],
): boolean {
  if (source instanceof Accumulator) source.started = true;
  else source.written = true;
  try {
    checkConversion(destination, source, action);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

function namesOf({ name, count }: BarrierDeclaration): string[] {
  return Array.from({ length: count }, (_, i) => (count === 1 ? name : `${name}[${i}]`));
}

/** The slot that a register is written to; what goes to r0 is dropped. */
function target(register: number): number {
  return register === 0 ? Slots.discard : register;
}

/** Numbers of the first object of each declaration, and of the one behind the last. */
function bases(counts: readonly number[]): number[] {
  const found = [0];
  for (const count of counts) found.push(found.at(-1)! + count);
  return found;
}
