/**
 * The text of one module: ports, local constants, registers, the arithmetic in the order it was written, instances,
 * and one clocked block a stage.
 *
 * Only constructs that Icarus 11, Verilator 5.006 and Yosys 0.23 accept: flat one-dimensional vectors, `wire` with an
 * expression, `always_ff` with one asynchronous reset. Every expression has exactly the width of what it is assigned
 * to, so no tool has anything to extend or cut.
 */
import {
  CELLS,
  type Cell,
  type ClockDomain,
  type Instance,
  type Module,
  type Register,
} from '../hdl/index.js';
import { bare, comment, LINE_WIDTH, range, wrap } from './layout.js';
import { Names } from './names.js';
import { Usage } from './usage.js';

/** Longest expression that is written inside another one. */
const INLINE_LENGTH = 72;

/** The module's text. `domainsOf` gives the clock domains of a module with everything below it. */
export function moduleText(module: Module, domainsOf: (module: Module) => readonly ClockDomain[]): string {
  return new ModuleWriter(module, domainsOf).text();
}

class ModuleWriter {
  readonly #module: Module;
  readonly #domainsOf: (module: Module) => readonly ClockDomain[];
  readonly #usage: Usage;
  readonly #names: Names;
  readonly #clocks: readonly string[];
  /** How readers write each net: an identifier or a whole expression. */
  readonly #expression = new Map<number, string>();
  /** Nets that have an identifier of their own. */
  readonly #identifiers = new Map<number, string>();
  /** Nets that are declared before the arithmetic: inputs, registers, and wires that something later drives. */
  readonly #declared = new Set<number>();
  readonly #constants: string[] = [];
  readonly #statements: string[] = [];

  constructor(module: Module, domainsOf: (module: Module) => readonly ClockDomain[]) {
    this.#module = module;
    this.#domainsOf = domainsOf;
    this.#usage = new Usage(module);
    this.#clocks = clockPorts(domainsOf(module));
    this.#names = new Names(module, this.#clocks);
  }

  text(): string {
    const forward = this.#declareFirst();
    this.#writeBody();
    const aliases = this.#outputAliases();
    const sections = [
      this.#constants,
      this.#registerDeclarations(),
      forward,
      this.#statements,
      ...this.#clockedBlocks().map((block) => [block]),
      aliases,
      this.#unusedBits(),
    ];
    const body = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
    return [this.#header(), ...body, 'endmodule'].join('\n\n').replace(/\n\nendmodule$/, '\nendmodule\n');
  }

  #header(): string {
    const { name, summary, inputs } = this.#module;
    const registered = new Set(this.#module.registers.map(({ output }) => output));
    const ports = [
      ...this.#clocks.map((clock) => `  input  wire  ${clock}`),
      ...inputs.map((port) => `  input  wire  ${range(port.width)}${port.name}`),
      ...this.#module.outputs.map((port) => {
        const isRegister = registered.has(port.net) && this.#module.nets[port.net]!.name === port.name;
        return `  output ${isRegister ? 'logic' : 'wire '} ${range(port.width)}${port.name}`;
      }),
    ];
    return `${comment(`${name}: ${summary}`)}\nmodule ${name} (\n${ports.join(',\n')}\n);`;
  }

  /** Names what exists before the arithmetic; returns declarations of nets that are read before they are driven. */
  #declareFirst(): string[] {
    const { nets, inputs, registers, cells } = this.#module;
    for (const { net } of [...inputs, ...registers.map(({ output }) => ({ net: output }))]) {
      this.#declared.add(net);
      this.#identify(net, nets[net]!.name!);
    }
    const ports = new Set(this.#module.outputs.map(({ name }) => name));
    const forward = this.#forwardNets();
    const early = cells.filter((cell) => this.#usage.isLiveCell(cell) && forward.has(cell.output));
    return early.flatMap(({ output }) => {
      const { name, width } = nets[output]!;
      this.#declared.add(output);
      this.#identify(output, name!);
      return ports.has(name!) ? [] : [`  wire  ${range(width)}${name};`];
    });
  }

  /** Nets made by `wire` that something may read before the cell that drives them is written. */
  #forwardNets(): Set<number> {
    const { cells, instances } = this.#module;
    const forward = new Set<number>();
    const intoInstances = new Set(
      instances.flatMap(({ module, connections }) => module.inputs.map(({ name }) => connections[name]!)),
    );
    let newest = -1;
    for (const { kind, inputs, output } of cells) {
      // Nets are numbered as they are made: only one from `wire` is older than what came before its driver.
      const older = output < newest || inputs.some((net) => net > output);
      if (older || (kind === 'buffer' && intoInstances.has(output))) forward.add(output);
      newest = Math.max(newest, output);
    }
    return forward;
  }

  #writeBody(): void {
    const pending = [...this.#module.instances];
    const writeInstancesBefore = (net: number) => {
      while (pending.length > 0 && firstOutput(pending[0]!) <= net) this.#writeInstance(pending.shift()!);
    };
    for (const cell of this.#module.cells) {
      if (!this.#usage.isLiveCell(cell)) continue;
      writeInstancesBefore(Math.max(...cell.inputs, this.#declared.has(cell.output) ? 0 : cell.output));
      this.#writeCell(cell);
    }
    writeInstancesBefore(Number.POSITIVE_INFINITY);
  }

  #writeCell(cell: Cell): void {
    const { kind, inputs, output, parameters } = cell;
    const { nets } = this.#module;
    const shape = {
      inputWidths: inputs.map((net) => nets[net]!.width),
      width: nets[output]!.width,
      parameters,
    };
    const text = CELLS[kind].systemVerilog(
      inputs.map((net) => this.#expression.get(net)!),
      shape,
    );
    if (this.#isInlined(cell, text)) this.#expression.set(output, text);
    else this.#declare(cell, text);
  }

  #identify(net: number, name: string): void {
    this.#identifiers.set(net, name);
    this.#expression.set(net, name);
  }

  #isInlined({ kind, output }: Cell, text: string): boolean {
    if (this.#module.nets[output]!.name !== undefined) return false;
    if (kind === 'constant') return true;
    if (this.#usage.needsName.has(output)) return false;
    return kind === 'slice' || (this.#usage.reads[output] === 1 && text.length <= INLINE_LENGTH);
  }

  #declare(cell: Cell, text: string): void {
    const { output, kind } = cell;
    const { width } = this.#module.nets[output]!;
    const name = this.#names.ofCell(output, kind);
    this.#identify(output, name);
    const isPort = this.#module.outputs.some((port) => port.net === output && port.name === name);
    const value = bare(text);
    if (isPort || this.#declared.has(output)) this.#statements.push(wrap(`assign ${name} = ${value};`));
    else if (this.#isConstant(cell)) this.#declareConstant(name, width, value);
    else this.#statements.push(wrap(`wire  ${range(width)}${name} = ${value};`));
  }

  /** A constant that the designer named. */
  #isConstant({ kind, inputs }: Cell): boolean {
    return (
      kind === 'constant' || (kind === 'buffer' && this.#usage.driver.get(inputs[0]!)?.kind === 'constant')
    );
  }

  #declareConstant(name: string, width: number, value: string): void {
    this.#constants.push(`  localparam logic ${range(width)}${name} = ${value};`);
  }

  #writeInstance({ name, module, connections }: Instance): void {
    const { nets } = this.#module;
    const isPort = (net: number) =>
      this.#module.outputs.some((port) => port.net === net && nets[net]!.name === port.name);
    const pins = clockPorts(this.#domainsOf(module)).map((clock) => `.${clock}(${clock})`);
    for (const port of module.inputs) {
      pins.push(`.${port.name}(${bare(this.#expression.get(connections[port.name]!)!)})`);
    }
    for (const port of module.outputs) {
      const net = connections[port.name]!;
      const wire = this.#names.ofInstanceOutput(net, name, port.name);
      this.#identify(net, wire);
      if (!isPort(net)) this.#statements.push(`  wire  ${range(port.width)}${wire};`);
      pins.push(`.${port.name}(${wire})`);
    }
    const line = `  ${module.name} ${name} (${pins.join(', ')});`;
    const tall = `  ${module.name} ${name} (\n${pins.map((pin) => wrap(pin, '    ')).join(',\n')}\n  );`;
    this.#statements.push(line.length <= LINE_WIDTH ? line : tall);
  }

  #registerDeclarations(): string[] {
    const ports = new Set(this.#module.outputs.map(({ name }) => name));
    return stages(this.#module.registers).flatMap(([stage, registers]) => {
      const inside = registers.filter(({ name }) => !ports.has(name));
      if (inside.length === 0) return [];
      const width = ({ output }: Register) => this.#module.nets[output]!.width;
      return [
        `  // Registers of stage ${stage}`,
        ...inside.map((r) => `  logic ${range(width(r))}${r.name};`),
      ];
    });
  }

  #clockedBlocks(): string[] {
    return stages(this.#module.registers).map(([stage, registers]) => {
      const groups = new Map<string, Register[]>();
      for (const register of registers) {
        const key = `${register.clock.clock} ${register.clock.reset} ${register.enable ?? ''}`;
        groups.set(key, [...(groups.get(key) ?? []), register]);
      }
      const blocks = [...groups.values()].map((group) => this.#clockedBlock(group));
      return [`  // Stage ${stage}`, ...blocks].join('\n');
    });
  }

  /** One block for registers that share clock, reset and enable. */
  #clockedBlock(registers: readonly Register[]): string {
    const { clock, enable } = registers[0]!;
    const condition = enable === undefined ? 'else' : `else if (${bare(this.#expression.get(enable)!)})`;
    const width = ({ output }: Register) => this.#module.nets[output]!.width;
    const resets = registers.map((r) => `      ${r.name} <= ${width(r)}'h${r.reset.toString(16)};`);
    const loads = registers.map((r) =>
      wrap(`${r.name} <= ${bare(this.#expression.get(r.next)!)};`, '      '),
    );
    return [
      `  always_ff @(posedge ${clock.clock} or negedge ${clock.reset}) begin`,
      `    if (!${clock.reset}) begin`,
      ...resets,
      `    end ${condition} begin`,
      ...loads,
      '    end',
      '  end',
    ].join('\n');
  }

  /** Output ports whose value carries another name inside. */
  #outputAliases(): string[] {
    return this.#module.outputs
      .filter(({ name, net }) => this.#module.nets[net]!.name !== name)
      .map(({ name, net }) => `  assign ${name} = ${bare(this.#expression.get(net)!)};`);
  }

  /** Bits that the arithmetic drops are read once here, so that a tool's warning about an unused bit means something. */
  #unusedBits(): string[] {
    const parts: string[] = [];
    this.#identifiers.forEach((name, net) => {
      const { width } = this.#module.nets[net]!;
      for (const [low, count] of this.#usage.unreadBits(net)) {
        if (count === width) parts.push(name);
        else parts.push(count === 1 ? `${name}[${low}]` : `${name}[${low + count - 1}:${low}]`);
      }
    });
    if (parts.length === 0) return [];
    const name = this.#names.fresh('unused_bits');
    return ['  // Bits that nothing else reads', wrap(`wire  ${name} = &{1'b0, ${parts.join(', ')}};`)];
  }
}

/** Clock and reset ports of a module with these domains. */
function clockPorts(domains: readonly ClockDomain[]): string[] {
  return [...new Set(domains.flatMap(({ clock, reset }) => [clock, reset]))];
}

function firstOutput({ module, connections }: Instance): number {
  return Math.min(...module.outputs.map(({ name }) => connections[name]!));
}

/** Registers by stage, in the order of the stages' first registers. */
function stages(registers: readonly Register[]): [string, Register[]][] {
  const groups = new Map<string, Register[]>();
  for (const register of registers) {
    const group = groups.get(register.stage);
    if (group === undefined) groups.set(register.stage, [register]);
    else group.push(register);
  }
  return [...groups];
}
