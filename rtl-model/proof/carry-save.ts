/**
 * Sum trees of carry-save adders, proved in steps. A tree of 16 terms against a plain sum is beyond a SAT solver as one
 * question; so the tree is cut at its rows, and each piece is one.
 *
 * Starting from the last addition, the sum is kept as a list of rows. As long as two rows are the sum and the carries
 * of a carry-save adder, they are replaced by its three operands (and the bit in the free place of the carries); that
 * sum + carries = a + b + c + bit modulo 2^width is proved on the cells of that adder. Of the rows that are left, those
 * that depend on several signs (their count) must be a weighted sum of signs, which is proved; all others depend on one
 * term and on constants. That these, with the term's share of the count, are ±magnitude modulo 2^width is proved for
 * each term, the constants collected. What joins the pieces is that addition modulo 2^width is associative and
 * commutative.
 */
import { type Cell, flatten, type Module, Place } from '../hdl/index.js';
import { Interpreter } from '../simulation/index.js';
import { type ProofGoal, type ProofSide, sideOf } from './prove.js';
import { expressionSide } from './specifications.js';

/** The goals whose proofs together prove the tree; undefined if it is not made of carry-save adders. */
export function treeLemmas(module: Module): ProofGoal[] | undefined {
  const tree = new Tree(module);
  const steps: ProofGoal[] = [];
  let rows = tree.lastRows();
  if (rows === undefined) return undefined;
  for (;;) {
    const step = tree.carrySaveStep(rows);
    if (step === undefined) break;
    steps.push(step.lemma);
    rows = step.rows;
  }
  const leaves = tree.leafGoals(rows);
  return leaves === undefined ? undefined : [...steps, ...leaves];
}

/** A row of the sum: a net of the tree, as an unsigned word. */
type Row = number;

class Tree {
  readonly #module: Module;
  readonly #driver: ReadonlyMap<number, Cell>;
  readonly #width: number;

  constructor(module: Module) {
    this.#module = module;
    this.#driver = new Map(module.cells.map((cell) => [cell.output, cell]));
    this.#width = module.outputs[0]!.width;
  }

  /** Operands of the addition that drives the output. */
  lastRows(): Row[] | undefined {
    const cell = this.#driver.get(this.#module.outputs[0]!.net);
    return cell?.kind === 'add' ? [...cell.inputs] : undefined;
  }

  /** Two rows that a carry-save adder drives, replaced by what it adds. */
  carrySaveStep(rows: readonly Row[]): { rows: Row[]; lemma: ProofGoal } | undefined {
    for (const sum of rows) {
      const operands = this.#threeOperands(sum);
      if (operands === undefined) continue;
      for (const carries of rows) {
        const low = carries === sum ? undefined : this.#lowBit(carries, operands);
        if (low === undefined) continue;
        const rest = rows.filter((row) => row !== sum && row !== carries);
        return { rows: [...rest, ...operands, low], lemma: this.#stepGoal(sum, carries, operands, low) };
      }
    }
    return undefined;
  }

  /** a, b, c if the net is (a ^ b) ^ c. */
  #threeOperands(net: number): [number, number, number] | undefined {
    const outer = this.#driver.get(net);
    if (outer?.kind !== 'xor') return undefined;
    const inner = this.#driver.get(outer.inputs[0]!);
    if (inner?.kind !== 'xor') return undefined;
    return [inner.inputs[0]!, inner.inputs[1]!, outer.inputs[1]!];
  }

  /** The bit in the lowest place of a row of carries whose other bits depend on these operands. */
  #lowBit(net: number, operands: readonly number[]): number | undefined {
    const joined = this.#driver.get(net);
    if (joined?.kind !== 'concat' || joined.inputs.length !== 2) return undefined;
    const [majority, low] = joined.inputs as [number, number];
    if (this.#widthOf(low) !== 1) return undefined;
    const cut = this.#leavesOf([majority], new Set(operands));
    return operands.every((net_) => cut.has(net_)) && cut.size === operands.length ? low : undefined;
  }

  #widthOf(net: number): number {
    return this.#module.nets[net]!.width;
  }

  /** Nets without a driver, or in `stop`, that the roots depend on. Constants are left out. */
  #leavesOf(roots: readonly number[], stop: ReadonlySet<number>): Set<number> {
    const leaves = new Set<number>();
    const seen = new Set<number>();
    const stack = [...roots];
    while (stack.length > 0) {
      const net = stack.pop()!;
      if (seen.has(net)) continue;
      seen.add(net);
      const cell = this.#driver.get(net);
      if (stop.has(net) || cell === undefined) leaves.add(net);
      else stack.push(...cell.inputs);
    }
    return leaves;
  }

  /** The part of the tree between these nets, with ports in0 … and out0 …. */
  #between(name: string, inputs: readonly number[], outputs: readonly number[]): Module {
    const { nets } = this.#module;
    const cutNets = nets.map((net, i) => {
      const position = inputs.indexOf(i);
      return { ...net, name: position < 0 ? undefined : `in${position}` };
    });
    const needed = new Set<number>();
    const stack = [...outputs];
    while (stack.length > 0) {
      const net = stack.pop()!;
      if (needed.has(net) || inputs.includes(net)) continue;
      needed.add(net);
      stack.push(...(this.#driver.get(net)?.inputs ?? []));
    }
    const port = (prefix: string) => (net: number, i: number) => {
      return { name: `${prefix}${i}`, net, width: this.#widthOf(net) };
    };
    return {
      name,
      summary: `A part of ${this.#module.name}.`,
      nets: cutNets,
      cells: this.#module.cells.filter(({ output }) => needed.has(output)),
      registers: [],
      instances: [],
      inputs: inputs.map(port('in')),
      outputs: outputs.map(port('out')),
      place: Place.here(),
    };
  }

  #stepGoal(sum: number, carries: number, operands: readonly number[], low: number): ProofGoal {
    const inputs = [...new Set([...operands, ...(this.#isConstant(low) ? [] : [low])])];
    const part = this.#between('carry_save', inputs, [sum, carries]);
    // A constant lowest place is the free one: 0. A constant operand is an input like others.
    const term = (net: number) => (inputs.includes(net) ? `in${inputs.indexOf(net)}` : '0');
    return {
      name: 'carry-save adder',
      claim: 'sum + carries = a + b + c + the bit in the lowest place',
      specification: this.#sumSide('plain', inputs, [...operands, low].map(term).join(' + ')),
      implementation: this.#added(part, inputs),
    };
  }

  /** Two outputs of a part, added: what the part contributes to the whole. */
  #added(part: Module, inputs: readonly number[]): ProofSide {
    const pins = [
      ...inputs.map((_, i) => `.in${i}(in${i})`),
      ...part.outputs.map(({ name }) => `.${name}(${name})`),
    ];
    const wires = part.outputs.map(({ name, width }) => `  wire [${width - 1}:0] ${name};`);
    const body = [...wires, `  ${part.name} part (${pins.join(', ')});`];
    const total = part.outputs.map(({ name }) => name).join(' + ');
    const plain = this.#sumSide('contribution', inputs, total);
    const [file] = plain.files;
    const text = file!.text.replace('  assign', `${body.join('\n')}\n  assign`);
    return { top: plain.top, files: [...sideOf(part).files, { file: file!.file, text }] };
  }

  #sumSide(name: string, inputs: readonly number[], expression: string): ProofSide {
    const ports = inputs.map((net, i) => ({ name: `in${i}`, width: this.#widthOf(net) }));
    return expressionSide(name, ports, [{ name: 'y', width: this.#width }], [`y = ${expression}`]);
  }

  #isConstant(net: number): boolean {
    return this.#driver.get(net)?.kind === 'constant';
  }

  /**
   * For each term: the rows that depend on its sign alone, added up, are ±magnitude and a constant, less its weight in
   * the rows that depend on several signs. Undefined if such a row depends on more than signs, or if the constants do
   * not add up to 0.
   */
  leafGoals(rows: readonly Row[]): ProofGoal[] | undefined {
    const inputs = this.#module.inputs.map(({ net }) => net) as [number, number];
    const [signs, magnitudes] = inputs;
    const groups = new Map<number, Row[]>();
    const shared: Row[] = [];
    let constants = 0n;
    for (const row of rows) {
      const used = this.#signsOf(row, signs);
      const [sign] = used;
      if (used.size > 1) shared.push(row);
      else if (sign === undefined) constants += this.#sumAt([row], inputs, 0n);
      else groups.set(sign, [...(groups.get(sign) ?? []), row]);
    }
    if (this.#leavesOf(shared, new Set()).has(magnitudes)) return undefined;
    const base = this.#sumAt(shared, inputs, 0n);
    const weights = Array.from(
      { length: this.#widthOf(signs) },
      (_, sign) => this.#sumAt(shared, inputs, 1n << BigInt(sign)) - base,
    );
    constants += base;
    const goals = [...groups].map(([sign, group]) => {
      const constant = this.#sumAt(group, inputs, 0n);
      constants += constant;
      return this.#leafGoal(sign, group, constant, weights[sign]!, inputs);
    });
    const complete = groups.size === this.#widthOf(signs) && BigInt.asUintN(this.#width, constants) === 0n;
    if (!complete) return undefined;
    return shared.length === 0 ? goals : [...goals, this.#countGoal(shared, base, weights, inputs)];
  }

  #constant(value: bigint): string {
    return `${this.#width}'d${BigInt.asUintN(this.#width, value)}`;
  }

  #countGoal(
    rows: readonly Row[],
    base: bigint,
    weights: readonly bigint[],
    inputs: readonly number[],
  ): ProofGoal {
    const terms = weights.map(
      (weight, sign) => `(in0[${sign}] ? ${this.#constant(weight)} : ${this.#constant(0n)})`,
    );
    return {
      name: 'count of signs',
      claim: 'the rows that depend on several signs are a constant weight for each',
      specification: this.#sumSide('plain', inputs, [this.#constant(base), ...terms].join(' + ')),
      implementation: this.#added(this.#between('count_rows', inputs, rows), inputs),
    };
  }

  /** Positions of the signs that a row depends on. */
  #signsOf(row: Row, signs: number): Set<number> {
    const positions = new Set<number>();
    const stack = [row];
    while (stack.length > 0) {
      const cell = this.#driver.get(stack.pop()!);
      if (cell?.kind === 'slice' && cell.inputs[0] === signs && this.#widthOf(cell.output) === 1) {
        positions.add(cell.parameters.low!);
      } else stack.push(...(cell?.inputs ?? []));
    }
    return positions;
  }

  /** The sum of rows for these signs and magnitudes 0. */
  #sumAt(rows: readonly Row[], inputs: readonly number[], signs: bigint): bigint {
    if (rows.length === 0) return 0n;
    const part = this.#between('rows', inputs, rows);
    const engine = new Interpreter(flatten(part));
    engine.set('in0', signs);
    engine.settle();
    return part.outputs.reduce((sum, { name }) => sum + engine.get(name), 0n);
  }

  #leafGoal(
    sign: number,
    rows: readonly Row[],
    constant: bigint,
    weight: bigint,
    inputs: readonly number[],
  ): ProofGoal {
    const bits = this.#widthOf(inputs[1]!) / this.#widthOf(inputs[0]!);
    const magnitude = `in1[${sign * bits} +: ${bits}]`;
    const value = `(in0[${sign}] ? ${this.#constant(-weight)} - ${magnitude} : ${magnitude})`;
    return {
      name: `term ${sign}`,
      claim: `the rows of term ${sign} are its value and a constant`,
      specification: this.#sumSide('plain', inputs, `${this.#constant(constant)} + ${value}`),
      implementation: this.#added(this.#between('term_rows', inputs, rows), inputs),
    };
  }
}
