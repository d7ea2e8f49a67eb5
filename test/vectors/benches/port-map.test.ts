/** Port maps that do not fit: the message names the place, and what it may have meant. */
import { describe, expect, it } from 'vitest';
import { checkPorts, parsePortMap, planBenches } from '../../../src/vectors/benches/index.js';
import { make } from '../support.js';

const { manifest } = make('nvfp4-exact', { level: 0, classes: ['uniform'] });
const { manifest: codec } = make('e2m1', { level: 0 });
const plan = (text: string, of = manifest) => planBenches(of, parsePortMap(text, 'map.yaml'), 'map.yaml');

/** What is thrown, with its hint. */
function failure(job: () => unknown): string {
  try {
    job();
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    return `${message} | ${hint ?? ''}`;
  }
  return 'nothing was thrown';
}

describe('a port map', () => {
  it.each([
    ['modul: x', 'map.yaml: "modul" is not understood | did you mean "module"?'],
    ['clock: clk', 'map.yaml: module:'],
    ['module: 3', 'map.yaml: module:'],
    [
      'module: x\nports: { a_inn: a }',
      'map.yaml: ports: the vectors have no field "a_inn" | did you mean "a_in"?',
    ],
    ['module: x\nports: { a_in: { prot: a } }', '"prot" is not understood | did you mean "port"?'],
    [
      'module: x\nports: { a_in: { port: a, each: "a{}" } }',
      'map.yaml: ports.a_in: expected one of port and each',
    ],
    ['module: x\nports: { a_in: { each: "a{}" } }', 'map.yaml: ports.a_in: needs element'],
    ['module: x\nports: { a_in: { each: a, element: 4 } }', 'expected a name with {} for the number'],
    [
      'module: x\nports: { a_in: { each: "a{}", element: 5 } }',
      '64 bits are no whole number of elements of 5 bits',
    ],
    ['module: x\nports: { a_in: p, w_in: p }', 'map.yaml: a_in and w_in are both on port p'],
    ['module: x\nports: { acc: none, nan: none }', 'no result is left to compare'],
    ['module: x\ndone: none', 'map.yaml: latency: not given, and there is no done'],
    ['module: x\ndone: none\nlatency: done', 'there is no done that could say it | give a number'],
    ['module: x\nlatency: -1', 'map.yaml: latency:'],
    ['module: x\nreset: { port: rst, active: hi }', 'map.yaml: reset.active:'],
    ['module: x\nunit: mad', 'map.yaml: unit: the vectors have no "mad" | did you mean "mac"?'],
    ['module: [', 'map.yaml: '],
    ['', 'map.yaml: '],
  ])('%j is refused', (text, message) => {
    expect(failure(() => plan(text))).toContain(message);
  });

  it('is needed for units without an interface, and names one of several', () => {
    expect(failure(() => planBenches(codec, undefined))).toContain(
      'which module decode or encode is | give --map',
    );
    expect(failure(() => plan('module: x', codec))).toContain('the vectors have decode, encode');
  });

  it('tells encoders of elements and of scales apart by their formats', () => {
    const { manifest: format } = make('nvfp4', { level: 1, classes: ['special'] });
    expect(failure(() => plan('module: x\nunit: encode', format))).toContain(
      'unit: "encode" is 2 of them | say which: encode_e2m1, encode_ue4m3',
    );
    expect(failure(() => plan('module: x', format))).toContain('block, encode_e2m1, encode_ue4m3');
    const map = 'module: x\nclock: none\nunit: encode_ue4m3';
    expect(plan(map, format)[0]!.unit.format).toBe('ue4m3');
  });

  it('leaves what it does not name as it is', () => {
    const [{ device, latencyCycles }] = plan('module: x\nports: { a_in: other }') as [
      ReturnType<typeof plan>[0],
    ];
    expect(device.clock).toEqual({ port: 'clk', edge: 'rising' });
    expect(device.connections.map(({ port }) => port)).toEqual([
      'first',
      'last',
      'other',
      'a_sf',
      'w_in',
      'w_sf',
      'acc',
      'nan',
    ]);
    expect(latencyCycles).toBeUndefined();
  });

  it('is looked up in the sources', () => {
    const text = `module helper(input q); endmodule
      module x (input wire clk, rst_n, en, first, last, input [63:0] a_in, w_in, /* nan */ input [6:0] a_sf,
        w_sf, output [57:0] acc, output done, is_nan); endmodule`;
    const check = (map: string) => checkPorts(plan(map)[0]!, [text], 'map.yaml');
    expect(() => check('module: x\nports: { nan: is_nan }')).not.toThrow();
    expect(failure(() => check('module: x'))).toContain('x has no port "nan"');
    expect(failure(() => check('module: y'))).toContain('the sources have no "y"');
    expect(failure(() => check('module: x\nports: { nan: is_nan, acc: accu }'))).toContain(
      'x has no port "accu" | did you mean "acc"?',
    );
  });
});
