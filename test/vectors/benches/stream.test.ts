/** The bench of a stream: designs pass in both simulators, and a mistake that only shows between vectors is told. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../../rtl-model/designs/index.js';
import { emitModules, inFolder } from '../../../rtl-model/systemverilog/index.js';
import type { Settings } from '../../../src/numerics/index.js';
import { benchFiles, parsePortMap, planBenches } from '../../../src/vectors/benches/index.js';
import { requireTool } from '../../support/tools.js';
import { make } from '../support.js';
import { makeBench, writeBench } from './support.js';

const hasIcarus = requireTool('iverilog', 'vvp', 'make').present;
const hasVerilator = requireTool('verilator', 'g++', 'make').present;

const streamOf = (name: string, settings: Settings = {}, set = 'uniform') => {
  const request = { level: 0, views: ['stream'], classes: [set, 'resets', 'stalls'] } as const;
  return make(name, request, ['mem'], 'compiled', settings);
};

/** The design, but registers of its second stage that a reset leaves as they are. */
function unreset(name: string) {
  const files = emitModules(createDesign(name).module);
  const spoiled = files.map(({ file, text }) => ({
    file,
    text: text.replaceAll(/(s2_valid|s2_last) <= 1'h0;/g, "$1 <= $1 === 1'b1;"),
  }));
  expect(spoiled).not.toEqual(files);
  return spoiled;
}

it('a set without a stream has no such bench', () => {
  const { manifest } = make('nvfp4-exact', { level: 0, classes: ['uniform'] });
  expect(() => benchFiles(manifest, planBenches(manifest, undefined), ['stream'], '.')).toThrow(
    'there is no stream bench for mac',
  );
});

describe.skipIf(!hasIcarus)('the stream in Icarus', () => {
  it.each([
    ['nvfp4-exact', {}, 'special'],
    ['nvfp4-lanes', { lanes: 4 }, 'reserved'],
    ['fp8-fused13', {}, 'uniform'],
    ['hadamard16', {}, 'normal'],
  ] as const)('of %s %j passes', (name, settings, set) => {
    inFolder((folder) => {
      const made = streamOf(name, settings, set);
      writeBench(folder, made, emitModules(createDesign(name, settings).module), undefined, ['stream']);
      const { status, output } = makeBench(folder, 'stream');
      expect(output).toMatch(/^PASS \w+_stream_bench: 768 cycles, [1-9]\d{2,} values/m);
      expect(status).toBe(0);
    });
  });

  it('of a device behind a port map passes, by its results where it has no done', () => {
    inFolder((folder) => {
      const made = streamOf('nvfp4-exact');
      const device = `module device (input wire ck, reset, go, first, last, input wire [63:0] a_in, w_in,
        input wire [6:0] a_sf, w_sf, output wire [57:0] acc, output wire nan);
        nvfp4_exact_16 inner (.clk(~ck), .rst_n(~reset), .en(go), .first(first), .last(last), .a_in(a_in), .w_in(w_in),
          .a_sf(a_sf), .w_sf(w_sf), .acc(acc), .nan(nan), .done());
      endmodule\n`;
      const map = `module: device\nclock: { port: ck, edge: falling }\nreset: { port: reset, active: high }
enable: go\ndone: none\nlatency: 3\n`;
      const rtl = [...emitModules(createDesign('nvfp4-exact').module), { file: 'device.sv', text: device }];
      writeBench(folder, made, rtl, parsePortMap(map, 'map'), ['stream']);
      const { status, output } = makeBench(folder, 'stream');
      expect(output).toMatch(/^PASS /m);
      expect(status).toBe(0);
    });
  });

  it('tells a device that a reset in the middle does not clear, with a waveform', () => {
    inFolder((folder) => {
      writeBench(folder, streamOf('nvfp4-exact'), unreset('nvfp4-exact'), undefined, ['stream']);
      const { status, output } = makeBench(folder, 'stream');
      expect(output).toMatch(/^class resets, cycle \d+: \w+: expected [0-9a-f]+, found [0-9a-f]+$/m);
      expect(output).toMatch(/^FAIL /m);
      expect(status).not.toBe(0);
      expect(existsSync(join(folder, 'mac_nvfp4_exact_16_L0_stream.vcd'))).toBe(true);
    });
  });
});

describe.skipIf(!hasVerilator)('the stream in Verilator', () => {
  it('of nvfp4-exact passes with as many values as in Icarus', () => {
    inFolder((folder) => {
      const made = streamOf('nvfp4-exact');
      writeBench(folder, made, emitModules(createDesign('nvfp4-exact').module), undefined, ['stream']);
      const values = (target: string) => / cycles, (\d+) values/.exec(makeBench(folder, target).output)?.[1];
      expect(values('stream-verilator')).toMatch(/^\d{3,}$/);
      if (hasIcarus) expect(values('stream')).toBe(values('stream-verilator'));
    });
  });
});
