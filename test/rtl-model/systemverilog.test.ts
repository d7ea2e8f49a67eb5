/** Emitted SystemVerilog: readable, deterministic, and accepted without a word by three tools. */
import { describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { CLOCK, defineModule, HardwareError, type Module } from '../../rtl-model/hdl/index.js';
import { emitModules, inFolder, tryProgram, writeFiles } from '../../rtl-model/systemverilog/index.js';
import { Random } from '../../src/numerics/index.js';
import { requireTool, type ToolName } from '../support/tools.js';
import { LIBRARY_CIRCUITS, together } from './circuits.js';
import { randomModule } from './random-hardware.js';

/**
 * Warnings that a design's text may cause, with the reason. Random hardware compares words that happen to be constant,
 * which no word-level rule sees; nothing else is waived.
 */
const WAIVERS = { designs: [], random: ['-Wno-CMPCONST', '-Wno-UNSIGNED'] } as const;
const waivers = (module: Module) => (module.name.startsWith('random') ? WAIVERS.random : WAIVERS.designs);

/** What each tool has to accept without a warning. Arguments are followed by the files. */
const TOOLS: Record<string, { tool: ToolName; args: (module: Module) => string[] }> = {
  'Verilator -Wall': {
    tool: 'verilator',
    args: (m) => ['--lint-only', '-Wall', '--top-module', m.name, ...waivers(m)],
  },
  Icarus: { tool: 'iverilog', args: (m) => ['-g2012', '-Wall', '-s', m.name, '-o', '/dev/null'] },
};

/** What the tools say about a design: nothing. */
function complaints({ tool, args }: (typeof TOOLS)[string], module: Module): string {
  return inFolder((folder) => {
    const files = writeFiles(folder, emitModules(module));
    const { status, output } = tryProgram(tool, [...args(module), ...files]);
    return status === 0 ? output : `exit status ${status}\n${output}`;
  });
}

/** What Yosys says about a design after elaboration and its own check of the netlist. */
function yosysComplaints(module: Module): string {
  return inFolder((folder) => {
    const files = writeFiles(folder, emitModules(module));
    const script = `read_verilog -sv ${files.join(' ')}; hierarchy -check -top ${module.name}; proc; check -assert`;
    const { status, output } = tryProgram('yosys', ['-q', '-p', script]);
    return status === 0 ? output : `exit status ${status}\n${output}`;
  });
}

const MODULES: readonly Module[] = [
  together('library_circuits', LIBRARY_CIRCUITS),
  ...Array.from({ length: 6 }, (_, seed) => randomModule(new Random(seed), 2, `random_${seed}`)),
  ...[...DESIGNS.keys()].map((name) => createDesign(name).module),
];

describe.each(Object.entries(TOOLS))('%s accepts without a word', (_, row) => {
  it.skipIf(!requireTool(row.tool).present).each(MODULES)('$name', (module) => {
    expect(complaints(row, module)).toBe('');
  });
});

describe('Yosys accepts without a word', () => {
  it.skipIf(!requireTool('yosys').present).each(MODULES)('$name', (module) => {
    expect(yosysComplaints(module)).toBe('');
  });
});

describe('the text', () => {
  const child = defineModule({
    name: 'halve',
    summary: 'y = floor(x / 2)',
    inputs: { x: 4 },
    body: (_, { x }) => ({ y: x.shiftRight(1) }),
  });
  const parent = defineModule({
    name: 'accumulate',
    summary: 'total += 3 * floor(x / 2) while en is 1; the constant keeps its name',
    clock: CLOCK,
    inputs: { x: 4, en: 1 },
    body: (m, { x, en }) => {
      const gain = m.constant(3, 3).named('gain');
      const { y } = m.instance('half', child, { x });
      const product = m.register('product', y.times(gain), { stage: 's1_multiply' });
      const total = m.feedbackRegister('total', 10, { stage: 's2_add', enable: en, reset: 5n });
      m.setNext(total, total.plus(product.zeroExtend(10)));
      return { total };
    },
  });

  it('is one file a module, instances first, with stages, names and constants as they were given', () => {
    const files = emitModules(parent);
    expect(files.map(({ file }) => file)).toEqual(['halve.sv', 'accumulate.sv']);
    expect(files[0]!.text).toBe(`// halve: y = floor(x / 2)
module halve (
  input  wire  [3:0] x,
  output wire  [3:0] y
);

  assign y = {1'd0, x[3:1]};

  // Bits that nothing else reads
  wire  unused_bits = &{1'b0, x[0]};
endmodule
`);
    expect(
      files[1]!.text,
    ).toBe(`// accumulate: total += 3 * floor(x / 2) while en is 1; the constant keeps its name
module accumulate (
  input  wire  clk,
  input  wire  rst_n,
  input  wire  [3:0] x,
  input  wire  en,
  output logic [9:0] total
);

  localparam logic [2:0] gain = 3'd3;

  // Registers of stage s1_multiply
  logic [6:0] product;

  wire  [3:0] half_y;
  halve half (.x(x), .y(half_y));

  // Stage s1_multiply
  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      product <= 7'h0;
    end else begin
      product <= {3'd0, half_y} * {4'd0, gain};
    end
  end

  // Stage s2_add
  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      total <= 10'h5;
    end else if (en) begin
      total <= total + {3'd0, product};
    end
  end
endmodule
`);
  });

  it('is the same every time', () => {
    for (const module of MODULES) expect(emitModules(module)).toEqual(emitModules(module));
    const again = randomModule(new Random(4), 2, 'random_4');
    expect(emitModules(again)).toEqual(emitModules(randomModule(new Random(4), 2, 'random_4')));
  });

  it('has no line that is too long to read', () => {
    for (const { file, text } of MODULES.flatMap(emitModules)) {
      const long = text.split('\n').filter((line) => line.length > 130);
      expect(long, file).toEqual([]);
    }
  });

  it('refuses two modules of one name', () => {
    const impostor = defineModule({
      name: 'halve',
      summary: 'y = x',
      inputs: { x: 4 },
      body: (_, { x }) => ({ y: x }),
    });
    const top = defineModule({
      name: 'top',
      summary: 'Both.',
      inputs: { x: 4 },
      body: (m, { x }) => ({ a: m.instance('u0', child, { x }).y, b: m.instance('u1', impostor, { x }).y }),
    });
    expect(() => emitModules(top)).toThrow(HardwareError);
  });
});
