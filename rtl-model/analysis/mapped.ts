/**
 * A mapped netlist: cells of a technology and the nets between them, in flat arrays and topological order.
 *
 * Nets 0 … sourceCount − 1 are sources: constant 0, constant 1, the bits of inputs, the outputs of flip-flops. Net
 * sourceCount + i is the output of cell i.
 */
import type { GateNetlist } from '../hdl/index.js';
import type { Technology } from '../technology/index.js';
import type { Literal } from './aig.js';
import type { Cover } from './cover.js';
import type { Logic } from './logic.js';
import { mapLogic } from './mapper.js';

/** Pins stored a cell; unused ones hold −1. */
export const PINS = 6;

/** A register bit as a cell. */
export interface MappedFlipFlop {
  /** Index into the gate netlist's registers. */
  readonly register: number;
  readonly bit: number;
  /** Net of its data input. */
  readonly next: number;
  /** Net of its output, as the cell gives it: inverted if the technology's flip-flop only has an inverse output. */
  readonly output: number;
  readonly resetsToOne: boolean;
}

export interface MappedNetlist {
  readonly technology: Technology;
  readonly gates: GateNetlist;
  readonly sourceCount: number;
  /** Index of the technology's class, by cell. */
  readonly classes: Uint8Array;
  /** Index of the drive strength in its class, by cell. */
  readonly drives: Uint8Array;
  /** Nets on the inputs, `PINS` a cell. */
  readonly pins: Int32Array;
  /** Index into the hierarchy of the gate netlist, by cell. */
  readonly scopes: Int32Array;
  /** Net of every bit of the output ports, in order. */
  readonly outputs: Int32Array;
  readonly flipFlops: readonly MappedFlipFlop[];
  /** For each node of the gate netlist the net that carries its value or its inverse, or −1 if none does. */
  readonly netOfGate: Int32Array;
}

/** Number of cells that are not flip-flops. */
export function cellCount(netlist: MappedNetlist): number {
  return netlist.classes.length;
}

/** Maps a logic to paths of the fewest cells, or of `targetLevels` cells where that needs less area. */
export function mapToTechnology(logic: Logic, technology: Technology, targetLevels = 0): MappedNetlist {
  const inverted = technology.flipFlops.reset0?.invertedOutput ?? false;
  const inputs = logic.sources.length - logic.flipFlops.length;
  const invertedSources = new Set(inverted ? logic.sources.slice(inputs) : []);
  return new NetlistMaker(
    mapLogic(logic, technology, { targetLevels, invertedSources }),
    invertedSources,
  ).make();
}

/** Numbers the nets of a cover. */
class NetlistMaker {
  readonly #cover: Cover;
  readonly #sourceCount: number;
  /** Net of each literal in use. */
  readonly #nets: Int32Array;
  readonly #classes: number[] = [];
  readonly #pins: number[] = [];
  readonly #scopes: number[] = [];

  constructor(cover: Cover, invertedSources: ReadonlySet<Literal>) {
    const { logic } = cover;
    this.#cover = cover;
    this.#sourceCount = 2 + logic.sources.length;
    this.#nets = new Int32Array(2 * logic.aig.count).fill(-1);
    this.#nets[0] = 0;
    this.#nets[1] = 1;
    logic.sources.forEach((source, i) => {
      this.#nets[invertedSources.has(source) ? source ^ 1 : source] = 2 + i;
    });
  }

  make(): MappedNetlist {
    const { logic, technology } = this.#cover;
    for (let node = 1; node < logic.aig.count; node++) this.#addNode(node);
    const inputs = logic.sources.length - logic.flipFlops.length;
    return {
      technology,
      gates: logic.gates,
      sourceCount: this.#sourceCount,
      classes: Uint8Array.from(this.#classes),
      drives: new Uint8Array(this.#classes.length),
      pins: Int32Array.from(this.#pins),
      scopes: Int32Array.from(this.#scopes),
      outputs: Int32Array.from(logic.outputs, (literal) => this.#nets[literal]!),
      flipFlops: logic.flipFlops.map(({ register, bit, next }, i) => ({
        register,
        bit,
        next: this.#nets[next]!,
        output: 2 + inputs + i,
        resetsToOne: ((logic.gates.registers[register]!.reset >> BigInt(bit)) & 1n) === 1n,
      })),
      netOfGate: logic.literals.map((literal) => this.#netNear(literal)),
    };
  }

  /** The cells of both polarities of a node; an inverter goes behind the polarity that it reads. */
  #addNode(node: number): void {
    const [plain, inverse] = [2 * node, 2 * node + 1];
    const { choices } = this.#cover;
    const first = choices[plain] !== undefined && choices[plain].match === undefined ? inverse : plain;
    this.#addLiteral(first);
    this.#addLiteral(first ^ 1);
  }

  #addLiteral(literal: Literal): void {
    const { choices, cuts, inverter, logic } = this.#cover;
    const choice = choices[literal];
    if (choice === undefined) return;
    const { match, cut } = choice;
    const pins = new Array<number>(PINS).fill(-1);
    if (match === undefined) pins[0] = this.#nets[literal ^ 1]!;
    else {
      match.order.forEach((leaf, pin) => {
        const node = cuts.leaves[cut * cuts.leavesPerCut + leaf]!;
        pins[pin] = this.#nets[2 * node + ((match.inverted >> leaf) & 1)]!;
      });
    }
    this.#nets[literal] = this.#sourceCount + this.#classes.length;
    this.#classes.push(match?.cell ?? inverter);
    this.#pins.push(...pins);
    this.#scopes.push(logic.aig.scopes[literal >> 1]!);
  }

  #netNear(literal: Literal): number {
    if (literal < 0) return -1;
    const net = this.#nets[literal]!;
    return net >= 0 ? net : this.#nets[literal ^ 1]!;
  }
}
