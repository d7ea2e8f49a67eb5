/** The bench of stage vectors: designs pass in both simulators, and the first stage that is wrong is told. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../../rtl-model/designs/index.js';
import { emitModules, inFolder } from '../../../rtl-model/systemverilog/index.js';
import { benchFiles, parsePortMap, planBenches } from '../../../src/vectors/benches/index.js';
import { requireTool } from '../../support/tools.js';
import { make } from '../support.js';
import { makeBench, writeBench } from './support.js';

const hasIcarus = requireTool('iverilog', 'vvp', 'make').present;
const hasVerilator = requireTool('verilator', 'g++', 'make').present;

const staged = (name: string) => make(name, { level: 0, views: ['stages'] });
const rtlOf = (name: string) => emitModules(createDesign(name).module);

/** Another team's device: other ports, its first register a cycle later, the inner ones by paths. */
const DEVICE = `module device (input wire ck, go, first, last, input wire [63:0] a_in, w_in, input wire [6:0] a_sf, w_sf,
  output wire [57:0] acc, output wire nan);
  reg [57:0] late;
  always @(posedge ck) late <= inner.s2_term;
  nvfp4_exact_16 inner (.clk(ck), .rst_n(1'b1), .en(go), .first(first), .last(last), .a_in(a_in), .w_in(w_in),
    .a_sf(a_sf), .w_sf(w_sf), .acc(acc), .nan(nan), .done());
endmodule\n`;
const MAP = 'module: device\nclock: ck\nreset: none\nenable: go\ndone: none\nlatency: 3\n';

describe('which sets have a bench of stages', () => {
  const refused = (made: ReturnType<typeof make>, map?: string) => () => {
    const parsed = map === undefined ? undefined : parsePortMap(map, 'map');
    return benchFiles(made.manifest, planBenches(made.manifest, parsed, 'map'), ['stages'], '.');
  };

  it('not those without stages, nor modules whose registers nobody names', () => {
    const plain = make('nvfp4-exact', { level: 0, classes: ['uniform'] });
    expect(refused(plain)).toThrow('there is no stages bench for mac');
    expect(refused(plain, `${MAP}registers: { s1_sum: a }\n`)).toThrow(
      'registers: the vectors do not have them',
    );
    expect(refused(staged('nvfp4-exact'), MAP)).toThrow('there is no stages bench for mac');
  });

  it.each([
    ['{ s1_summ: a }', 'map: registers: the vectors have no field "s1_summ"'],
    ['{ s1_sum: "a b" }', 'map: registers.s1_sum'],
    ['{ s1_sum: { path: a, edges: 2 } }', '"edges" is not understood'],
    ['{}', 'map: registers: names none'],
  ])('a map that says %s is refused', (registers, message) => {
    expect(refused(staged('nvfp4-exact'), `${MAP}registers: ${registers}\n`)).toThrow(message);
  });
});

describe.skipIf(!hasIcarus)('the bench of stages in Icarus', () => {
  it.each(['nvfp4-lanes', 'if4-three-acc', 'fp8-fused13', 'quant-nvfp4', 'hadamard16'])(
    'passes for %s, with and without bubbles',
    (name) => {
      inFolder((folder) => {
        writeBench(folder, staged(name), rtlOf(name), undefined, ['stages']);
        for (const bubbles of [0, 12]) {
          const { status, output } = makeBench(folder, 'stages', `ARGS=+bubbles=${bubbles}`);
          expect(output).toMatch(/^PASS \w+_stages_bench: [1-9]\d{2,} vectors, [1-9]\d{3,} values$/m);
          expect(status).toBe(0);
        }
      });
    },
  );

  it('tells the first register that is wrong, how often each is, and draws it', () => {
    inFolder((folder) => {
      const files = rtlOf('nvfp4-exact');
      const spoiled = files.map(({ file, text }) => ({
        file,
        text: text.replaceAll(/s2_term <= ([^;]+);/g, "s2_term <= ($1) ^ 58'd4;"),
      }));
      expect(spoiled).not.toEqual(files);
      writeBench(folder, staged('nvfp4-exact'), spoiled, undefined, ['stages']);
      const { status, output } = makeBench(folder, 'stages');
      expect(output).toMatch(/^first mismatch: class uniform, vector 0$/m);
      expect(output).toMatch(
        /^ {2}s2_term, stage s2_scale, after edge 2: expected [0-9a-f]+, found [0-9a-f]+$/m,
      );
      expect(output).toMatch(/^ {2}s2_term \(s2_scale\): 768 wrong$/m);
      expect(output).toMatch(/^ {2}s3_acc \(s3_accumulate\): [1-9]\d* wrong$/m);
      expect(output).not.toMatch(/s1_\w+ \(/);
      expect(output).toMatch(/^FAIL /m);
      expect(status).not.toBe(0);
      expect(existsSync(join(folder, 'mac_nvfp4_exact_16_L0_stages.vcd'))).toBe(true);
    });
  });

  it('passes for another team’s module by the registers that its map names, and fails at another edge', () => {
    inFolder((folder) => {
      const rtl = [...rtlOf('nvfp4-exact'), { file: 'device.sv', text: DEVICE }];
      const play = (edge: number) => {
        const map = `${MAP}registers: { s1_sum: inner.s1_sum, s2_term: { path: late, edge: ${edge} } }\n`;
        writeBench(folder, staged('nvfp4-exact'), rtl, parsePortMap(map, 'map'), ['stages']);
        return makeBench(folder, 'stages').output;
      };
      expect(play(3)).toMatch(/^PASS \w+: 768 vectors, 1536 values$/m);
      expect(play(2)).toMatch(/^ {2}s2_term, stage s2_scale, after edge 2/m);
    });
  });
});

describe.skipIf(!hasVerilator)('the bench of stages in Verilator', () => {
  it('compares as many values as in Icarus', () => {
    inFolder((folder) => {
      writeBench(folder, staged('nvfp4-exact'), rtlOf('nvfp4-exact'), undefined, ['stages']);
      const values = (target: string) =>
        /^PASS .* (\d+) values$/m.exec(makeBench(folder, target).output)?.[1];
      expect(values('stages-verilator')).toMatch(/^\d{4,}$/);
      if (hasIcarus) expect(values('stages')).toBe(values('stages-verilator'));
    });
  });

  it('tells a wrong register', () => {
    inFolder((folder) => {
      const spoiled = rtlOf('nvfp4-exact').map(({ file, text }) => ({
        file,
        text: text.replaceAll(/s1_shift <= ([^;]+);/g, 's1_shift <= ~($1);'),
      }));
      writeBench(folder, staged('nvfp4-exact'), spoiled, undefined, ['stages']);
      const { status, output } = makeBench(folder, 'stages-verilator', 'ARGS=+class=uniform');
      expect(output).toContain('s1_shift, stage s1_multiply, after edge 1');
      expect(status).not.toBe(0);
    });
  });
});
