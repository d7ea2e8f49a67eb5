/** The lane MACs on the golden segments of the published MAC, and its cycle behaviour. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createMac, edgesOf, fieldsOf, type Segment, wordsAt } from '../../../rtl-model/designs/index.js';
import { DesignBench, describeMismatch } from '../../../rtl-model/proof/index.js';
import { Interpreter } from '../../../rtl-model/simulation/index.js';
import { Random } from '../../../src/numerics/index.js';
import { hasShared, shared } from '../../support/shared.js';

const FILE = 'vectors/if4_mac_segments.jsonl.gz';

interface GoldenSegment {
  readonly fmt: string;
  readonly a_sf: string;
  readonly w_sf: string;
  readonly a: readonly string[];
  readonly w: readonly string[];
  readonly acc: string;
}

const bytes = (text: string) =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
const nibbles = (text: string) => Uint8Array.from(text, (digit) => Number.parseInt(digit, 16));

/** The segments of a format with the results that the published RTL's golden model printed. */
function golden(format: string): { segment: Segment; acc: bigint }[] {
  const text = gunzipSync(readFileSync(shared(FILE))).toString();
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenSegment);
  return rows
    .filter(({ fmt }) => fmt === format)
    .map(({ a_sf, w_sf, a, w, acc }) => {
      const [scalesA, scalesW] = [bytes(a_sf), bytes(w_sf)];
      const slices = a.map((codes, i) => ({
        a: { codes: nibbles(codes), scales: [scalesA[i]!] },
        w: { codes: nibbles(w[i]!), scales: [scalesW[i]!] },
      }));
      return { segment: { slices }, acc: BigInt(`0x${acc}`) };
    });
}

describe.skipIf(!hasShared).each(['nvfp4', 'if4'])('%s-lanes (golden segments from ../shared)', (format) => {
  it('equals every golden segment, with and without bubbles', () => {
    const design = createMac(`${format}-lanes`);
    const cases = golden(format);
    expect(cases.length).toBe(115);
    const results = new Map(cases.map(({ segment, acc }) => [segment, [acc]]));
    const bench = new DesignBench({ ...design, expectation: (segment) => results.get(segment)! });
    const segments = cases.map(({ segment }) => segment);
    // Lane 0 runs back to back, lane 1 with bubbles, lane 2 in reverse order.
    const report = bench.run([segments, segments, [...segments].reverse()], new Random(4));
    expect(report.mismatches.map((mismatch) => describeMismatch(design, mismatch))).toEqual([]);
    expect(report.segments).toBe(3 * 115);
  });
});

describe.each(['nvfp4-lanes', 'if4-lanes'])('%s', (name) => {
  const design = createMac(name);
  const ones: Segment['slices'][number] = {
    a: { codes: new Uint8Array(16).fill(2), scales: [0x38] },
    w: { codes: new Uint8Array(16).fill(2), scales: [0x38] },
  };

  /** Edge numbers at which `done` is 1 just after the edge, in the interpreter. */
  function doneEdges(segments: readonly Segment[]): { edges: number[]; firsts: number[] } {
    const engine = new Interpreter(design.netlist);
    const fields = fieldsOf(design);
    const [edges, firsts]: [number[], number[]] = [[], []];
    let number = 0;
    for (const edge of edgesOf(design, segments)) {
      if (edge.first) firsts.push(number);
      for (const [port, value] of Object.entries(wordsAt(fields, edge))) engine.set(port, value);
      engine.clock();
      engine.settle();
      if (engine.get('done') === 1n) edges.push(number);
      number++;
    }
    return { edges, firsts };
  }

  it('shows a result on the sixth edge after the one that samples the next first', () => {
    const { edges, firsts } = doneEdges([{ slices: [ones, ones] }, { slices: Array(9).fill(ones) }]);
    expect(firsts.length).toBe(3);
    expect(edges).toEqual(firsts.slice(1).map((edge) => edge + 6));
    expect(design.latencyCycles).toBe(7); // registers on the way, the sampling edge included
  });

  it('loses a snapshot that arrives during a reduction, like the published RTL', () => {
    const eager = { ...design, protocol: { ...design.protocol, segmentInterval: 1 } };
    const engine = new Interpreter(design.netlist);
    const fields = fieldsOf(design);
    let results = 0;
    for (const edge of edgesOf(
      eager,
      Array.from({ length: 10 }, () => ({ slices: [ones] })),
    )) {
      for (const [port, value] of Object.entries(wordsAt(fields, edge))) engine.set(port, value);
      engine.clock();
      engine.settle();
      if (engine.get('done') === 1n) results++;
    }
    expect(results).toBe(2); // snapshots at edges 1, 6 of 10
  });
});
