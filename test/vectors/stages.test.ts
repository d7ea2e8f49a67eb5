/** Stage-stamped vectors against engines that did not make them, whatever stands between the vectors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign, createMac, type Design, expectationOf } from '../../rtl-model/designs/index.js';
import { Interpreter } from '../../rtl-model/simulation/index.js';
import { emitModules, runProgram } from '../../rtl-model/systemverilog/index.js';
import { Random } from '../../src/numerics/index.js';
import { type Manifest, type ManifestUnit, verifiedClasses, verifyEach } from '../../src/vectors/index.js';
import { macVectors, segmentLines } from '../../src/vectors/mac/layout.js';
import { segmentAt } from '../../src/vectors/mac/segments.js';
import { readVectors } from '../../src/vectors/verify/expected.js';
import { requireTool } from '../support/tools.js';
import { type Made, make } from './support.js';

const STAGED = { level: 3, views: ['stages'], seed: 3 } as const;

/** Few vectors are computed before a design is compiled. */
const FAST = [['mem'], 'oracle'] as const;

const stagesOf = ({ units }: Manifest): ManifestUnit => units.find(({ unit }) => unit === 'stages')!;

/** Rows of the only class of a unit, by field name. */
function rowsOf({ folder }: Made, { fields, classes }: ManifestUnit): Record<string, bigint>[] {
  const lines = folder.text(classes[0]!.files[0]!.file).trimEnd().split('\n');
  return lines.map((line) => {
    const parts = line.split('_');
    return Object.fromEntries(fields.map(({ name }, i) => [name, BigInt(`0x${parts[i]}`)]));
  });
}

/** Which line each clock edge takes; −1 is a bubble. Lines of one dot product, or unit, keep their least distance. */
function scheduleOf({ protocol }: Design, rows: readonly Record<string, bigint>[], bubble: () => boolean) {
  const first = 'first' in protocol ? protocol.first : undefined;
  const interval = 'interval' in protocol ? protocol.interval : protocol.segmentInterval;
  const edges: number[] = [];
  let last = -interval;
  rows.forEach((row, line) => {
    const begins = first === undefined || row[first] === 1n;
    while (bubble() || (begins && edges.length - last < interval)) edges.push(-1);
    if (begins) last = edges.length;
    edges.push(line);
  });
  return edges;
}

/** The registers after each edge, by the interpreter; noise on every port in bubbles. */
function registersAfter(design: Design, rows: readonly Record<string, bigint>[], edges: readonly number[]) {
  const interpreter = new Interpreter(design.netlist);
  const noise = new Random(8);
  const { enable } = design.protocol;
  return edges.map((line) => {
    for (const { name, width } of design.netlist.inputs) {
      const limbs = Array.from({ length: Math.ceil(width / 32) }, () => BigInt(noise.uint32()));
      const random = limbs.reduce((sum, limb) => (sum << 32n) | limb, 0n);
      interpreter.set(name, line < 0 ? BigInt.asUintN(width, random) : (rows[line]![name] ?? 0n));
    }
    interpreter.set(enable, line < 0 ? 0n : 1n);
    interpreter.clock();
    return new Map(design.netlist.registers.map(({ name }) => [name, interpreter.get(name)]));
  });
}

/** Every kind of protocol and accumulator. */
const CHECKED = [
  'nvfp4-lanes',
  'if4-three-acc',
  'if4-fp32-correct',
  'mxfp4-exact',
  'fp8-fused13',
  'quant-nvfp4',
  'quant-if4',
  'hadamard16',
] as const;

describe.each(CHECKED)('stages of %s', (name) => {
  const design = createDesign(name);
  const isUnit = design.kind !== 'mac';
  const classes = isUnit ? ['normal'] : ['uniform'];
  const made = make(name, { ...STAGED, classes, count: isUnit ? 4 : 24 }, ...FAST);
  const unit = stagesOf(made.manifest);
  const rows = rowsOf(made, unit);
  const stamped = unit.fields.filter(({ role }) => role === 'result');
  const registers = stamped.map(({ stage }) => stage!.register);
  const firsts = stamped.filter((_, i) => registers.indexOf(registers[i]!) === i);

  it('are what the interpreter has after their edge, back to back and with bubbles', () => {
    const random = new Random(4);
    let compared = 0;
    for (const bubble of [() => false, () => random.below(3) === 0]) {
      const edges = scheduleOf(design, rows, bubble);
      const after = registersAfter(design, rows, [...edges, ...new Array<number>(40).fill(-1)]);
      edges.forEach((line, edge) => {
        if (line < 0) return;
        const row = rows[line]!;
        stamped.forEach((field, i) => {
          const matters = ((row.care! >> BigInt(i)) & 1n) === 1n;
          if (matters && firsts.includes(field)) compared++;
          const found = matters ? after[edge + field.stage!.edge - 1]!.get(field.stage!.register) : 0n;
          expect([line, field.name, found]).toEqual([line, field.name, row[field.name]]);
        });
      });
    }
    // Nearly all registers of nearly all vectors say something, at their first edges at least.
    expect(compared).toBeGreaterThan(0.5 * 2 * rows.length * firsts.length);
  });

  it('have every stage, in the order of the edges', () => {
    const edges = stamped.map(({ stage }) => stage!.edge);
    expect(edges).toEqual([...edges].sort((x, y) => x - y));
    expect(new Set(stamped.map((field) => field.stage!.name))).toEqual(
      new Set(design.netlist.registers.map(({ stage }) => stage)),
    );
  });
});

describe('stages', () => {
  it('of nvfp4-exact are the registers of its three stages', () => {
    const { fields } = stagesOf(
      make('nvfp4-exact', { ...STAGED, classes: ['uniform'], count: 8 }, ...FAST).manifest,
    );
    const stages = fields.flatMap(({ name, stage }) => (stage === undefined ? [] : [[stage.edge, name]]));
    const expected = {
      1: 's1_sum s1_significand s1_shift s1_nan s1_valid s1_first s1_last',
      2: 's2_term s2_valid s2_first s2_last s2_nan',
      3: 's3_acc s3_nan_seen s3_done',
    };
    expect(stages).toEqual(
      Object.entries(expected).flatMap(([edge, names]) => names.split(' ').map((n) => [Number(edge), n])),
    );
  });

  it('belong to the vectors beside them, line by line, and are the same in shards', () => {
    const request = { ...STAGED, classes: ['uniform'], count: 8200 };
    const whole = make('nvfp4-lanes', request);
    const unit = stagesOf(whole.manifest);
    const driven = unit.fields.filter(({ role }) => role !== 'result' && role !== 'care').length;
    const texts = whole.manifest.units.map(({ classes }) => whole.folder.text(classes[0]!.files[0]!.file));
    const [mac, stages] = texts.map((text) =>
      text.split('\n').map((line) => line.split('_').slice(0, driven).join('_')),
    );
    expect(stages).toEqual(mac);
    const part = make('nvfp4-lanes', { ...request, shard: { index: 2, of: 2 } });
    const end = part.folder.text(stagesOf(part.manifest).classes[0]!.files[0]!.file);
    expect(end.split('\n').length).toBe(9);
    expect(texts[1]!.endsWith(end)).toBe(true);
  });

  it('have in the accumulator of an exact design what the oracle gives for the slices so far', () => {
    const made = make('nvfp4-exact', { ...STAGED, classes: ['cancelling'], count: 200 }, ...FAST);
    const design = createMac('nvfp4-exact');
    const vectors = macVectors(design);
    const expected = expectationOf(design);
    const [mac] = made.manifest.units;
    const rows = rowsOf(made, stagesOf(made.manifest));
    const file = mac!.classes[0]!.files[0]!;
    for (const { columns, count } of readVectors([made.folder.bytes(file.file)], file, vectors.layout)) {
      for (const { from, to } of segmentLines(vectors, columns, count)) {
        for (let end = from + 1; end <= to; end++) {
          const [sum] = expected(segmentAt(vectors, columns, { from, to: end }));
          expect(BigInt.asIntN(58, rows[end - 1]!.s3_acc!)).toBe(sum);
        }
      }
    }
  });

  it('of a quantise unit have every element in its turn, and every part of its sum of errors', () => {
    const { fields } = stagesOf(
      make('quant-if4', { ...STAGED, classes: ['normal'], count: 1 }, ...FAST).manifest,
    );
    const edgesOf = (name: string) =>
      fields.flatMap(({ stage }) => (stage?.register === name ? [stage.edge] : []));
    const from = (edge: number) => Array.from({ length: 16 }, (_, i) => edge + i);
    expect(edgesOf('e0_x')).toEqual(from(6));
    expect(edgesOf('e3_codes0')).toEqual(from(9));
    expect(edgesOf('e9_error0')).toEqual(from(15));
  });

  it('of a lane design have every step of the reduction, and the result of the dot product before', () => {
    const made = make('nvfp4-lanes', { ...STAGED, classes: ['uniform'], count: 200 }, ...FAST);
    const unit = stagesOf(made.manifest);
    const edgesOf = (name: string) =>
      unit.fields.flatMap(({ stage }) => (stage?.register === name ? [stage.edge] : []));
    expect(edgesOf('s2_snapshot15')).toEqual([2]);
    expect(edgesOf('s3_value0')).toEqual([3, 4, 5, 6, 7]);
    expect(edgesOf('s4_acc')).toEqual([createMac('nvfp4-lanes').latencyCycles]);
    const at = unit.fields.filter(({ role }) => role === 'result').findIndex(({ name }) => name === 's4_acc');
    const results = rowsOf(made, made.manifest.units[0]!);
    let compared = 0;
    rowsOf(made, unit).forEach((row, line) => {
      const shows = ((row.care! >> BigInt(at)) & 1n) === 1n;
      expect(shows).toBe(line > 0 && row.first === 1n);
      if (!shows) return;
      expect(row.s4_acc).toBe(results[line - 1]!.acc);
      compared++;
    });
    expect(compared).toBeGreaterThan(20);
  });

  it('name the first stage that is wrong', () => {
    const made = make('nvfp4-exact', { ...STAGED, classes: ['uniform'], count: 40 }, ...FAST);
    const unit = stagesOf(made.manifest);
    const results = unit.fields.filter(({ role }) => role === 'result').map(({ name }) => name);
    const verified = verifiedClasses(made.manifest).find((one) => one.manifestUnit.stem === unit.stem)!;
    const reportOn = (rows: readonly Record<string, bigint>[]) => {
      const text = rows.map((row, vector) => {
        const values = results.map((name) => [name, row[name]!.toString(16).padStart(widthOf(name), '0')]);
        return JSON.stringify({ vector, ...Object.fromEntries(values) });
      });
      const open = () => [Buffer.from(text.join('\n'))];
      const input = { name: 'response', format: 'jsonl', open } as const;
      const report = verifyEach(made.manifest, [{ verified, input }], (file) => [made.folder.bytes(file)]);
      return report.classes[0]!;
    };
    const widthOf = (name: string) => unit.fields.find((field) => field.name === name)!.digits;
    const rows = rowsOf(made, unit);
    expect(reportOn(rows)).toMatchObject({ mismatches: 0, problems: [], compared: 40 });
    const wrong = rows.map((row, i) => {
      if (i < 17) return row;
      return { ...row, s2_term: row.s2_term! ^ 4n, s3_acc: row.s3_acc! ^ 4n };
    });
    const { first, mismatches } = reportOn(wrong);
    expect(mismatches).toBe(23);
    expect(first).toMatchObject({
      vector: 17,
      stage: { name: 's2_scale', edge: 2, right: ['s1_multiply'] },
      fields: [{ field: 's2_term' }, { field: 's3_acc' }],
    });
    expect(first!.explanation.operands.length).toBeGreaterThan(1);
  });

  it.skipIf(!requireTool('iverilog', 'vvp').present).each(['nvfp4-exact', 'nvfp4-lanes'])(
    'of %s are what its SystemVerilog has in Icarus, by the constants of the package',
    (name) => {
      const made = make(name, { ...STAGED, classes: ['special'], count: 400 }, ...FAST);
      const folder = mkdtempSync(join(tmpdir(), 'fp4sim-stages-'));
      const design = createMac(name);
      const bench = { file: 'bench.sv', text: stageBench(design, stagesOf(made.manifest)) };
      const sources = [...emitModules(design.module), bench].map(({ file, text }) => {
        writeFileSync(join(folder, file), text);
        return file;
      });
      for (const [file, bytes] of made.folder.files) writeFileSync(join(folder, file), Buffer.concat(bytes));
      runProgram('iverilog', ['-g2012', '-s', 'bench', '-o', 'bench', ...sources], { cwd: folder });
      const { output } = runProgram('vvp', ['-n', 'bench'], { cwd: folder });
      rmSync(folder, { recursive: true });
      expect(output).toMatch(/^0 wrong of [1-9]\d{3,} values/);
    },
  );
});

/** Plays a class back to back, with the bubbles that the design needs, and compares registers by hierarchical names. */
function stageBench(
  { module, protocol, latencyCycles }: ReturnType<typeof createMac>,
  unit: ManifestUnit,
): string {
  const [set] = unit.classes;
  const driven = unit.fields.filter(({ role }) => role === 'operand' || role === 'control');
  const registers = unit.fields.filter(({ role }) => role === 'result');
  const depth = Math.max(latencyCycles, ...registers.map(({ stage }) => stage!.edge));
  const upper = (name: string) => name.toUpperCase();
  const compares = registers.map(
    ({ name, stage }, i) => `
      if (age[${upper(name)}_EDGE] >= 0) begin
        v = vectors[age[${upper(name)}_EDGE]];
        if (v.care[${i}]) begin
          compared = compared + 1;
          if (dut.${stage!.register} !== v.${name}) wrong = wrong + 1;
        end
      end`,
  );
  return `\`include "${unit.package!.file}"
module bench;
  import ${unit.stem.replaceAll(/[^A-Za-z0-9]/g, '_')}_pkg::*;
  reg clk = 0, rst_n = 0, en = 0;
  reg [VECTOR_WIDTH-1:0] vectors [0:${set!.vectors - 1}];
  vector_t v, now;
  integer age [0:${depth}];
  integer line, i, wrong, compared, since;
  ${module.name} dut(.clk(clk), .rst_n(rst_n), .${protocol.enable}(en), ${driven.map(({ name }) => `.${name}(now.${name})`).join(', ')});
  task edge_with(input integer taken);
    begin
      en = taken >= 0;
      if (en) now = vectors[taken]; else now = ~now;
      for (i = ${depth}; i > 1; i = i - 1) age[i] = age[i - 1];
      age[1] = taken;
      #1 clk = 1; #1 clk = 0; #1;
      ${compares.join('')}
    end
  endtask
  initial begin
    $readmemh("${set!.files[0]!.file}", vectors);
    wrong = 0; compared = 0; since = ${protocol.segmentInterval}; now = 0;
    for (i = 0; i <= ${depth}; i = i + 1) age[i] = -1;
    #1 rst_n = 1;
    for (line = 0; line < ${set!.vectors}; line = line + 1) begin
      v = vectors[line];
      if (v.${protocol.first}) begin
        while (since < ${protocol.segmentInterval}) begin edge_with(-1); since = since + 1; end
        since = 0;
      end
      edge_with(line); since = since + 1;
    end
    for (line = 0; line < ${depth}; line = line + 1) edge_with(-1);
    $display("%0d wrong of %0d values", wrong, compared);
    $finish;
  end
endmodule
`;
}
