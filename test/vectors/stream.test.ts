/** Stream vectors: what they drive, and their outputs in engines that did not make them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign, createMac, type Design } from '../../rtl-model/designs/index.js';
import { bitBlast, type Module } from '../../rtl-model/hdl/index.js';
import { CompiledSimulation, Interpreter } from '../../rtl-model/simulation/index.js';
import { emitModules, runProgram } from '../../rtl-model/systemverilog/index.js';
import { type ManifestUnit, verifiedClasses, verifyEach } from '../../src/vectors/index.js';
import { requireTool } from '../support/tools.js';
import { type Made, make } from './support.js';

const STREAMED = { level: 3, views: ['stream'], seed: 3 } as const;
/** Few vectors are computed before a design is compiled. */
const FAST = [['mem'], 'oracle'] as const;

type Row = Readonly<Record<string, bigint>>;

const streamOf = ({ manifest }: Made): ManifestUnit => manifest.units.find(({ unit }) => unit === 'stream')!;

function textOf(made: Made, name: string): string {
  const set = streamOf(made).classes.find((one) => one.name === name)!;
  return made.folder.text(set.files[0]!.file);
}

/** The cycles of a class by field name. */
function rowsOf(made: Made, name: string): Row[] {
  const { fields } = streamOf(made);
  return textOf(made, name)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const parts = line.split('_');
      return Object.fromEntries(fields.map(({ name: field }, i) => [field, BigInt(`0x${parts[i]}`)]));
    });
}

/** Names of the outputs that matter in a cycle. */
function caredFor(made: Made, row: Row): string[] {
  const results = streamOf(made).fields.filter(({ role }) => role === 'result');
  return results.filter((_, i) => ((row.care! >> BigInt(i)) & 1n) === 1n).map(({ name }) => name);
}

/** An engine as a device: takes a cycle, gives the outputs before its edge. */
function interpreted(design: Design): (row: Row) => (port: string) => bigint {
  const engine = new Interpreter(design.netlist);
  return (row) => {
    for (const { name } of design.netlist.inputs) engine.set(name, row[name] ?? 0n);
    if (row.rst_n === 0n) engine.reset();
    engine.settle();
    const outputs = new Map(design.netlist.outputs.map(({ name }) => [name, engine.get(name)]));
    if (row.rst_n === 1n) engine.clock();
    return (port) => outputs.get(port)!;
  };
}

function compiled(design: Design): (row: Row) => (port: string) => bigint {
  const engine = new CompiledSimulation(bitBlast(design.netlist));
  return (row) => {
    for (const { name } of design.netlist.inputs) engine.input(name).set(5, row[name] ?? 0n);
    if (row.rst_n === 0n) engine.reset();
    engine.settle();
    const outputs = new Map(design.netlist.outputs.map(({ name }) => [name, engine.output(name).get(5)]));
    if (row.rst_n === 1n) engine.clock();
    return (port) => outputs.get(port)!;
  };
}

describe.each([
  ['if4-lanes', 'flushes', compiled],
  ['nvfp4-lanes', 'uniform', interpreted],
  ['nvfp4-exact', 'special', interpreted],
  ['mxfp4-exact', 'bubbles', interpreted],
  ['fp8-fused13', 'stalls', interpreted],
  ['hadamard16', 'pauses', interpreted],
  ['if4-lanes', 'resets', compiled],
  ['nvfp4-exact', 'resets', interpreted],
  ['quant-nvfp4', 'resets', compiled],
] as const)('the stream of %s, %s', (name, set, engine) => {
  it('has the outputs that another engine gives, cycle by cycle', () => {
    // A reset loses about half of the results.
    const count = set === 'resets' ? 600 : 250;
    const made = make(name, { ...STREAMED, classes: [set], count }, ...FAST);
    const step = engine(createDesign(name));
    let results = 0;
    rowsOf(made, set).forEach((row, cycle) => {
      const read = step(row);
      const cared = caredFor(made, row);
      if (cared.length > 1) results++;
      for (const port of cared) expect([cycle, port, read(port)]).toEqual([cycle, port, row[port]]);
    });
    expect(results).toBeGreaterThan(10);
  });
});

describe('a stream', () => {
  const made = make('nvfp4-lanes', { ...STREAMED, count: 600 }, ...FAST);
  const inputs = ['first', 'a_in', 'a_sf', 'w_in', 'w_sf'] as const;
  const isEqual = (one: Row, other: Row) => inputs.every((name) => one[name] === other[name]);

  it('begins with a reset, and takes vectors in all the ways', () => {
    for (const { name } of streamOf(made).classes) {
      const rows = rowsOf(made, name);
      expect(rows.map(({ rst_n }) => rst_n).indexOf(1n)).toBe(2);
      expect(rows.filter(({ done, care }) => done === 1n && care === 3n).length).toBeGreaterThan(5);
    }
  });

  it('holds a vector on the ports until it is taken, in the class stalls', () => {
    const rows = rowsOf(made, 'stalls');
    const held = rows.filter(
      (row, i) => row.en === 0n && rows[i + 1] !== undefined && isEqual(row, rows[i + 1]!),
    );
    expect(held.length).toBeGreaterThan(50);
  });

  it('loses no cycle back to back, but for what the design needs between two dot products', () => {
    const rows = rowsOf(made, 'back-to-back').slice(2, -20);
    const begins = rows.flatMap(({ first, en }, i) => (first === 1n && en === 1n ? [i] : []));
    const idle = rows.flatMap(({ en }, i) => (en === 0n ? [i] : []));
    const { segmentInterval } = createMac('nvfp4-lanes').protocol;
    for (const i of idle) {
      const begin = begins.filter((at) => at < i).at(-1)!;
      expect(i - begin).toBeLessThan(segmentInterval);
    }
  });

  it('brings out zero when one flush follows another', () => {
    const rows = rowsOf(made, 'flushes');
    const flush = (row: Row) => row.en === 1n && row.first === 1n && row.a_in === 0n && row.w_in === 0n;
    expect(rows.filter(flush).length).toBeGreaterThan(20);
    expect(rows.filter(({ done, acc }) => done === 1n && acc === 0n).length).toBeGreaterThan(5);
  });

  it('is reset in the middle of dot products, which are taken again from their beginning', () => {
    const rows = rowsOf(made, 'resets');
    const resets = rows.flatMap(({ rst_n }, i) => (rst_n === 0n && rows[i - 1]?.rst_n === 1n ? [i] : []));
    expect(resets.length).toBeGreaterThan(10);
    const taken = rows.flatMap(({ en }, i) => (en === 1n ? [i] : []));
    const begins = taken.filter((i) => rows[i]!.first === 1n);
    let [again, shown] = [0, 0];
    resets.forEach((reset, i) => {
      const end = resets[i + 1] ?? rows.length;
      const within = (at: number) => at > reset && at < end;
      const [begun, next] = [begins.findLast((at) => at < reset)!, taken.find(within)];
      if (next !== undefined && rows[next]!.first === 1n && isEqual(rows[begun]!, rows[next]!)) again++;
      // Nothing of what the reset cuts off shows: the first result is that of the dot product taken again.
      const result = rows.findIndex(({ care, done }, at) => within(at) && care === 3n && done === 1n);
      if (result < 0) return;
      expect(result - begins.filter(within)[1]!).toBe(createMac('nvfp4-lanes').latencyCycles);
      shown++;
    });
    expect(shown).toBeGreaterThan(3);
    expect(again).toBeGreaterThan(10);
  });

  it('takes reserved codes in their own class alone', () => {
    for (const { name } of streamOf(made).classes) {
      const taken = rowsOf(made, name).filter(({ en }) => en === 1n);
      const hasNegativeZero = (x: bigint) => x.toString(16).includes('8');
      const found = taken.some(({ a_in, w_in }) => hasNegativeZero(a_in!) || hasNegativeZero(w_in!));
      expect([name, found]).toEqual([name, name === 'reserved']);
    }
    const without = make('nvfp4-lanes', { ...STREAMED, count: 50, without: ['reserved'] }, ...FAST);
    expect(streamOf(without).classes.map(({ name }) => name)).not.toContain('reserved');
  });

  it('has no flushes where a result needs none', () => {
    const exact = make('nvfp4-exact', { ...STREAMED, level: 0 }, ...FAST);
    expect(streamOf(exact).classes.map(({ name }) => name)).not.toContain('flushes');
  });

  it('is the same in shards, and short ones hold resets and idle cycles', () => {
    const request = { ...STREAMED, classes: ['bubbles'], count: 8202 };
    const whole = textOf(make('int8-exact', request), 'bubbles');
    const part = textOf(make('int8-exact', { ...request, shard: { index: 2, of: 2 } }), 'bubbles');
    expect(part.split('\n').length).toBe(11);
    expect(whole.endsWith(part)).toBe(true);
  });

  it('is verified cycle by cycle: outputs that do not matter may be anything', () => {
    const { fields, stem } = streamOf(made);
    const verified = verifiedClasses(made.manifest).find(
      ({ manifestUnit, set }) => manifestUnit.stem === stem && set.name === 'uniform',
    )!;
    const results = fields.filter(({ role }) => role === 'result');
    const answers = rowsOf(made, 'uniform').map((row) => {
      const cared = caredFor(made, row);
      return results.map(({ name, digits }) =>
        cared.includes(name) ? row[name]!.toString(16).padStart(digits, '0') : 'x'.repeat(digits),
      );
    });
    const reportOn = (lines: readonly string[][]) => {
      const open = () => [Buffer.from(lines.map((line) => `${line.join('_')}\r\n`).join(''))];
      const input = { name: 'response', format: 'text', open } as const;
      return verifyEach(made.manifest, [{ verified, input }], (file) => [made.folder.bytes(file)])
        .classes[0]!;
    };
    expect(reportOn(answers)).toMatchObject({ mismatches: 0, unknown: 0, problems: [], compared: 600 });
    const cycle = answers.findLastIndex(([done]) => done === '1');
    const wrong = answers.with(cycle, ['1', '3f800000']);
    const { first, mismatches } = reportOn(wrong);
    expect(mismatches).toBe(1);
    expect(first).toMatchObject({ vector: cycle, fields: [{ field: 'acc', found: '3f800000' }] });
    expect(first!.explanation.operands[0]).toContain(`cycle ${cycle}`);
    // The oracle's account of the dot product that is due ends in the value that the vectors have.
    const { trace } = first!.explanation;
    expect(trace!.bits.toString(16).padStart(8, '0')).toBe(answers[cycle]![1]);
  });
});

describe.skipIf(!requireTool('iverilog', 'vvp').present)('the streams in Icarus', () => {
  it.each(['nvfp4-lanes', 'int8-exact'])('of %s pass, and fail when a result is changed', (name) => {
    const made = make(
      name,
      { level: 0, views: ['stream'], classes: ['uniform', 'special', 'resets'] },
      ...FAST,
    );
    const { module } = createMac(name);
    const folder = mkdtempSync(join(tmpdir(), 'fp4sim-stream-'));
    try {
      for (const [file, bytes] of made.folder.files) writeFileSync(join(folder, file), Buffer.concat(bytes));
      const bench = { file: 'bench.sv', text: streamBench(module, streamOf(made)) };
      const sources = [...emitModules(module), bench].map(({ file, text }) => {
        writeFileSync(join(folder, file), text);
        return file;
      });
      runProgram('iverilog', ['-g2012', '-s', 'bench', '-o', 'bench', ...sources], { cwd: folder });
      const play = () => runProgram('vvp', ['-n', 'bench'], { cwd: folder }).output;
      const { classes } = streamOf(made);
      expect(play()).toMatch(new RegExp(`^0 wrong of \\d+ in ${256 * classes.length} cycles`));
      const [file] = classes[0]!.files;
      const text = made.folder
        .text(file!.file)
        .replace(/_3_1_(.)(?=[^_\n]*$)/m, (_, digit) => `3_1_${digit === '0' ? 1 : 0}`);
      writeFileSync(join(folder, file!.file), text);
      expect(play()).toMatch(/^1 wrong of /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Plays every class of a stream: drives each line, compares before the edge what `care` names. */
function streamBench(module: Module, { stem, package: file, classes, fields }: ManifestUnit): string {
  const ports = fields.filter(({ role }) => role === 'operand' || role === 'control');
  const outputs = fields.filter(({ role }) => role === 'result');
  const plays = classes.map(
    ({ files, vectors }) => `$readmemh("${files[0]!.file}", lines, 0, ${vectors - 1}); play(${vectors});`,
  );
  return `\`include "${file!.file}"
module bench;
  import ${stem.replaceAll(/[^A-Za-z0-9]/g, '_')}_pkg::*;
  reg clk = 0;
  reg [VECTOR_WIDTH-1:0] lines [0:LONGEST_COUNT-1];
  vector_t v;
  integer wrong = 0, compared = 0, cycles = 0;
${outputs.map(({ name, width }) => `  wire [${width - 1}:0] ${name};`).join('\n')}
  ${module.name} dut(.clk(clk), ${ports.map(({ name }) => `.${name}(v.${name})`).join(', ')}, ${outputs.map(({ name }) => `.${name}(${name})`).join(', ')});
  task play(input integer count);
    for (integer i = 0; i < count; i = i + 1) begin
      v = lines[i]; cycles = cycles + 1;
      #1;
${outputs.map(({ name }, i) => `      if (v.care[${i}]) begin compared = compared + 1; if (${name} !== v.${name}) wrong = wrong + 1; end`).join('\n')}
      clk = 1; #1 clk = 0;
    end
  endtask
  initial begin
    ${plays.join('\n    ')}
    $display("%0d wrong of %0d in %0d cycles", wrong, compared, cycles);
    $finish;
  end
endmodule
`;
}
