/** Waveforms: read back by a strict reader, every value equal to the interpreter's and to the codecs'. */
import { describe, expect, it } from 'vitest';
import { createDesign, createMac, randomSegments } from '../../rtl-model/designs/index.js';
import { blockEdges, randomBlocks } from '../../rtl-model/proof/index.js';
import {
  Interpreter,
  segmentEdges,
  VcdWriter,
  viewerFiles,
  type WaveformEdge,
  waveformOf,
} from '../../rtl-model/simulation/index.js';
import { codecOf, E2M1, FP32, UE4M3 } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';
import { readVcd, type Vcd, type VcdSignal, valueAt } from '../support/vcd.js';

const bitsAt = (signal: VcdSignal, time: number) => BigInt(`0b${valueAt(signal, time)}`);
const realAt = (signal: VcdSignal, time: number) => {
  const text = valueAt(signal, time);
  return text === 'nan' ? Number.NaN : Number(text.replace('inf', 'Infinity'));
};

function edgesFor(name: string): { design: ReturnType<typeof createDesign>; edges: WaveformEdge[] } {
  const design = createDesign(name);
  const random = new Random(3);
  const edges =
    design.kind === 'mac'
      ? segmentEdges(design, [...randomSegments(design, random, { slices: 30 })])
      : blockEdges(design, randomBlocks(random, 3));
  return { design, edges };
}

function signal({ signals }: Vcd, path: string): VcdSignal {
  const found = signals.get(path);
  if (found === undefined) throw new Error(`no signal ${path}`);
  return found;
}

const NAMES = ['nvfp4-exact', 'if4-lanes', 'nvfp4-fused35', 'hif4-exact', 'quant-four-over-six'];

describe.each(NAMES)('%s', (name) => {
  const { design, edges } = edgesFor(name);
  const vcd = readVcd(waveformOf(design, edges, 'test'));
  const top = design.module.name;

  it('has every port and register at every edge as the interpreter has it', () => {
    const engine = new Interpreter(design.netlist);
    let compared = 0;
    const compare = (time: number) => {
      engine.settle();
      for (const { name: port } of [...design.netlist.inputs, ...design.netlist.outputs]) {
        expect(bitsAt(signal(vcd, `${top}.ports.${port}`), time), `${port} at ${time}`).toBe(
          engine.get(port),
        );
        compared++;
      }
      for (const { name: register, stage } of design.netlist.registers) {
        const path = `${top}.${stage}.${register}`;
        expect(bitsAt(signal(vcd, path), time), `${path} at ${time}`).toBe(engine.get(register));
        compared++;
      }
    };
    edges.forEach(({ inputs }, cycle) => {
      for (const { name: port } of design.netlist.inputs) engine.set(port, inputs[port] ?? 0n);
      compare(2 * cycle);
      engine.clock();
      compare(2 * cycle + 1);
    });
    expect(compared).toBeGreaterThan(2 * edges.length * design.netlist.registers.length);
    expect(vcd.endTime).toBe(2 * edges.length);
  });

  it('has a clock that rises in the middle of every cycle', () => {
    const { changes } = signal(vcd, `${top}.ports.clk`);
    expect(changes.length).toBe(2 * edges.length);
    expect(changes.every(({ time, value }) => Number(value) === time % 2)).toBe(true);
  });

  it('is the same every time', () => {
    expect(readVcd(waveformOf(design, edges, 'test'))).toEqual(vcd);
  });
});

describe('decoded values', () => {
  const { design, edges } = edgesFor('nvfp4-lanes');
  const vcd = readVcd(waveformOf(design, edges, 'test'));
  const at = (path: string) => signal(vcd, `${design.module.name}.${path}`);

  it('are those of the codecs: elements, scales and FP32 registers', () => {
    const [element, scale, float] = [codecOf(E2M1), codecOf(UE4M3), codecOf(FP32)];
    for (let time = 0; time < vcd.endTime; time++) {
      for (const [code, value, decode] of [
        ['operands.a_3', 'operands.a_3_value', element.decode],
        ['operands.w_15', 'operands.w_15_value', element.decode],
        ['operands.a_scale_0', 'operands.a_scale_0_value', (c: number) => scale.decode(c & 127)],
        ['s2_accumulate.s2_acc7', 's2_accumulate.s2_acc7_value', float.decode],
        ['ports.acc', 'results.acc_value', float.decode],
      ] as const) {
        expect(realAt(at(value), time), `${value} at ${time}`).toBe(decode(Number(bitsAt(at(code), time))));
      }
    }
    const seen = new Set(at('operands.a_3_value').changes.map(({ value }) => value));
    expect(seen.size).toBeGreaterThan(5);
  });

  it('include the place in the dot product as text', () => {
    expect(valueAt(at('operands.slice'), 0)).toMatch(/^dot_0_slice_0_of_\d+$/);
    expect(valueAt(at('operands.slice'), vcd.endTime)).toBe('bubble');
  });

  it('show a fixed-point register in its unit, and NaN', () => {
    const mac = createMac('nvfp4-exact');
    const one = { codes: new Uint8Array(16).fill(2), scales: [0x38] };
    const nan = { codes: new Uint8Array(16).fill(2), scales: [0x7f] };
    const shown = readVcd(
      waveformOf(
        mac,
        segmentEdges(mac, [{ slices: [{ a: one, w: one }] }, { slices: [{ a: nan, w: one }] }]),
        't',
      ),
    );
    const { changes } = signal(shown, 'nvfp4_exact_16.results.acc_value');
    expect(changes.map(({ value }) => value)).toEqual(['0', '16', 'nan']);
  });
});

describe('files for viewers', () => {
  it('list every code of the element and scale formats with its value', () => {
    const files = new Map(viewerFiles(createDesign('if4-exact49')).map(({ path, text }) => [path, text]));
    expect([...files.keys()].sort()).toEqual([
      '.surfer/mappings/e2m1.txt',
      '.surfer/mappings/int4.txt',
      '.surfer/mappings/ue4m3.txt',
      'e2m1.gtkwave.txt',
      'int4.gtkwave.txt',
      'ue4m3.gtkwave.txt',
    ]);
    const filter = files.get('e2m1.gtkwave.txt')!.trim().split('\n').slice(1);
    expect(filter.map((line) => line.split(' '))).toEqual(
      Array.from({ length: 16 }, (_, code) => {
        const value = codecOf(E2M1).decode(code);
        return [code.toString(16), Object.is(value, -0) ? '-0' : String(value)];
      }),
    );
    expect(files.get('.surfer/mappings/int4.txt')).toMatch(/^Name = int4\nBits = 4\n0x0 0\n/);
    // The port of an IF4 scale is a byte: its top bit selects the elements and does not change the scale.
    expect(files.get('.surfer/mappings/ue4m3.txt')).toContain('\n0x38 1\n');
    expect(files.get('.surfer/mappings/ue4m3.txt')).toContain('\n0xb8 1\n');
  });
});

describe('the writer', () => {
  it('gives every variable a code of its own', () => {
    const variables = Array.from({ length: 20_000 }, (_, i) => {
      return { scope: [`s${i % 7}`], name: `v${i}`, kind: 'wire', width: 1 } as const;
    });
    expect(readVcd(new VcdWriter('test', variables).text(1)).signals.size).toBe(20_000);
  });

  it('refuses to go back in time', () => {
    const writer = new VcdWriter('test', [{ scope: [], name: 'x', kind: 'wire', width: 1 }]);
    writer.set(5, 0, 1n);
    expect(() => writer.set(4, 0, 0n)).toThrow(RangeError);
  });
});
