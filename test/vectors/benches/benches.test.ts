/** Benches in the simulators: designs pass, mutants and broken inputs fail with a message that says why. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../../rtl-model/designs/index.js';
import { flatModule } from '../../../rtl-model/hdl/index.js';
import { mutantsOf, withSwitches } from '../../../rtl-model/simulation/index.js';
import { emitModules, inFolder } from '../../../rtl-model/systemverilog/index.js';
import { codecOf, E2M1 } from '../../../src/formats/index.js';
import { float32Bits } from '../../../src/numerics/index.js';
import { parsePortMap } from '../../../src/vectors/benches/index.js';
import { requireTool } from '../../support/tools.js';
import { make } from '../support.js';
import { makeBench, type Text, writeBench } from './support.js';

const hasIcarus = requireTool('iverilog', 'vvp', 'make').present;
const hasVerilator = requireTool('verilator', 'g++', 'make').present;

const smoke = (name: string) => make(name, { level: 0 });
const rtlOf = (name: string) => emitModules(createDesign(name).module);

/** Another team's MAC around the design: other names, separate and turned lanes, active-high reset, no enable, no done. */
const TEAM_MAC: Text = {
  file: 'team_mac.sv',
  text: `module team_mac #(parameter integer UNUSED = 0) (
  input wire core_clk, input wire rst, input wire start, input wire stop,
  input wire [3:0] a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15,
  input wire [63:0] w, input wire [15:0] scales,
  input wire [1:0] mode,
  output reg [59:0] answer, output reg is_nan
);
  wire [63:0] turned;
  genvar i;
  generate for (i = 0; i < 16; i = i + 1) assign turned[4*i +: 4] = w[60-4*i +: 4]; endgenerate
  wire [57:0] acc;
  wire nan, done;
  nvfp4_exact_16 inner (
    .clk(core_clk), .rst_n(~rst), .en(mode == 2'b01), .first(start), .last(stop),
    .a_in({a15, a14, a13, a12, a11, a10, a9, a8, a7, a6, a5, a4, a3, a2, a1, a0}), .a_sf(scales[6:0]),
    .w_in(turned), .w_sf(scales[14:8]), .acc(acc), .nan(nan), .done(done)
  );
  always @(posedge core_clk) begin answer <= {acc, 2'b10}; is_nan <= nan; end
endmodule
`,
};
const TEAM_MAP = `module: team_mac
clock: core_clk
reset: { port: rst, active: high }
enable: none
done: none
latency: 4
ports:
  first: start
  last: stop
  a_in: { each: "a{}", element: 4 }
  w_in: { port: w, element: 4, order: high-first }
  a_sf: { port: scales, low: 0 }
  w_sf: { port: scales, low: 8 }
  acc: { port: answer, low: 2 }
  nan: is_nan
constants: { mode: "2'b01" }
parameters: { UNUSED: 3 }
`;

describe.skipIf(!hasIcarus)('in Icarus', () => {
  it.each(['nvfp4-exact', 'nvfp4-lanes', 'fp8-fused13', 'quant-nvfp4'])('%s passes', (name) => {
    inFolder((folder) => {
      const made = smoke(name);
      const { status, output } = makeBench(writeBench(folder, made, rtlOf(name)), 'icarus');
      const { classes } = made.manifest.units[0]!;
      const sum = (key: 'vectors' | 'results') => classes.reduce((total, set) => total + set[key], 0);
      expect(output).toContain(`${sum('vectors')} vectors, ${sum('results')} results`);
      expect(output).toMatch(/^PASS /m);
      expect(status).toBe(0);
    });
  });

  it("another team's module passes behind its port map, and fails when the map is wrong", () => {
    inFolder((folder) => {
      const rtl = [...rtlOf('nvfp4-exact'), TEAM_MAC];
      const made = make('nvfp4-exact', { level: 0, classes: ['uniform', 'special'] });
      writeBench(folder, made, rtl, parsePortMap(TEAM_MAP, 'map'));
      expect(makeBench(folder, 'icarus').output).toMatch(/^PASS /m);
      writeBench(folder, made, rtl, parsePortMap(TEAM_MAP.replace('latency: 4', 'latency: 3'), 'map'));
      const late = makeBench(folder, 'icarus');
      expect(late.output).toMatch(/first mismatch: class uniform/);
      expect(late.status).not.toBe(0);
    });
  });

  it('a codec, which has no clock, passes; X on an output is told', () => {
    const { decode } = codecOf(E2M1);
    const values = Array.from({ length: 16 }, (_, code) => float32Bits(decode(code)));
    const cases = values.map((bits, code) => `4'd${code}: value = 32'h${bits.toString(16)};`);
    const text = (lines: readonly string[]) =>
      `module to_fp32 (input wire [3:0] code, output reg [31:0] value);
        always @* case (code) ${lines.join(' ')} default: value = 32'hx; endcase
      endmodule\n`;
    inFolder((folder) => {
      const map = parsePortMap('unit: decode\nmodule: to_fp32\n', 'map');
      const made = make('e2m1', { level: 0 });
      writeBench(folder, made, [{ file: 'decode.sv', text: text(cases) }], map);
      expect(makeBench(folder, 'icarus').output).toMatch(
        /^PASS decode_e2m1_fp32_L0: 16 vectors, 16 results/m,
      );
      writeFileSync(join(folder, 'rtl', 'decode.sv'), text(cases.toSpliced(5, 1)));
      const { output } = makeBench(folder, 'icarus');
      expect(output).toContain('vector 5: code=5');
      expect(output).toContain(`value: expected ${values[5]!.toString(16)}, found xxxxxxxx`);
    });
  });

  it('a mutant fails: the first mismatch with its operands, a waveform of it, a status', () => {
    const design = createDesign('nvfp4-exact');
    const mutant = mutantsOf(design.netlist).find(({ class: name }) => name === 'dropped carry')!;
    inFolder((folder) => {
      writeBench(folder, smoke('nvfp4-exact'), emitModules(flatModule(mutant.make(), design.module.name)));
      const { status, output } = makeBench(folder, 'icarus');
      expect(output).toMatch(
        /first mismatch: class \S+, vector \d+, edge \d+ after reset\n {2}vector \d+: first=1/,
      );
      expect(output).toMatch(/acc: expected [0-9a-f]{15}, found [0-9a-f]{15}/);
      expect(output).toMatch(/^FAIL mac_nvfp4_exact_16_L0: \d+ wrong; \d+ vectors/m);
      expect(status).not.toBe(0);
      expect(readFileSync(join(folder, 'mac_nvfp4_exact_16_L0.vcd'), 'utf8')).toContain('$enddefinitions');
    });
  });

  it('missing, cut and spoiled vectors are told, and a class that there is not', () => {
    inFolder((folder) => {
      writeBench(folder, make('nvfp4-exact', { level: 0, classes: ['uniform'] }), rtlOf('nvfp4-exact'));
      const file = join(folder, 'vectors', 'mac_nvfp4_exact-16_uniform_L0.mem');
      const text = readFileSync(file, 'utf8');
      const fails = (message: string, ...settings: string[]) => {
        const { status, output } = makeBench(folder, 'icarus', ...settings);
        expect(output).toContain(message);
        expect(output).not.toContain('PASS');
        expect(status).not.toBe(0);
      };
      fails('there is nothing to play: +class=nothing', 'ARGS=+class=nothing');
      writeFileSync(file, text.slice(0, -100));
      fails('it is cut off, or not of this bench');
      writeFileSync(file, `zz${text.slice(2)}`);
      fails('is not made of hexadecimal digits');
      rmSync(file);
      fails('cannot read vectors/mac_nvfp4_exact-16_uniform_L0.mem');
    });
  });
});

it('mutants with cut constants are legal SystemVerilog', () => {
  const { netlist } = createDesign('nvfp4-fp32');
  const cuts = mutantsOf(netlist).filter(({ class: name }) => name === 'dropped carry');
  const [{ text }] = emitModules(flatModule(withSwitches(netlist, cuts), 'cut')) as [Text];
  expect(text).toMatch(/localparam logic \[\d+:0\] constant_k\d+ = /);
  expect(text).not.toMatch(/'h[0-9a-f]+\[/);
});

describe.skipIf(!hasVerilator)('in Verilator', () => {
  it('the same testbench and the C++ main pass, and tell a mutant', () => {
    const design = createDesign('nvfp4-exact');
    const mutant = mutantsOf(design.netlist).find(({ class: name }) => name === 'swapped operands')!;
    inFolder((folder) => {
      const made = smoke('nvfp4-exact');
      writeBench(folder, made, rtlOf('nvfp4-exact'));
      expect(makeBench(folder, 'verilator').output).toMatch(/^PASS /m);
      const mutated = emitModules(flatModule(mutant.make(), design.module.name));
      rmSync(join(folder, 'rtl'), { recursive: true });
      writeBench(folder, made, mutated);
      const { status, output } = makeBench(folder, 'verilator-main', 'ARGS=+errors=1');
      expect(output).toMatch(/first mismatch: class /);
      expect(output).toMatch(/^FAIL .*: 1 wrong/m);
      expect(status).not.toBe(0);
      expect(existsSync(join(folder, 'mac_nvfp4_exact_16_L0.vcd'))).toBe(false);
    });
  });

  it('the C++ main drives a device whose results show at the next first', () => {
    inFolder((folder) => {
      const made = make('nvfp4-lanes', { level: 0 }, ['mem'], 'compiled', { lanes: 2 });
      const rtl = emitModules(createDesign('nvfp4-lanes', { lanes: 2 }).module);
      const { output } = makeBench(writeBench(folder, made, rtl), 'verilator-main');
      expect(output).toMatch(/^PASS mac_\w+_L0: 768 vectors/m);
    });
  });
});
