/** Malformed hardware is refused, and the message names the line of the design. */
import { describe, expect, it } from 'vitest';
import {
  CLOCK,
  concat,
  defineModule,
  flatten,
  HardwareError,
  type ModuleBuilder,
  type Word,
} from '../../rtl-model/hdl/index.js';

/** Runs a module body with two 4-bit inputs and a bit, and flattens it. */
function build(body: (m: ModuleBuilder, a: Word, b: Word, c: Word) => Record<string, Word>, clocked = true) {
  const definition = {
    name: 'faulty',
    summary: 'Something is wrong with this one.',
    inputs: { a: 4, b: 4, c: 1 },
    body: (m: ModuleBuilder, { a, b, c }: { a: Word; b: Word; c: Word }) => body(m, a, b, c),
  };
  return flatten(defineModule(clocked ? { ...definition, clock: CLOCK } : definition));
}

const inverter = defineModule({
  name: 'inverter',
  summary: 'y = ~x',
  inputs: { x: 1 },
  body: (_, { x }) => ({ y: x.not() }),
});

const FAULTS: Record<string, [() => unknown, RegExp]> = {
  'operands of different widths': [
    () => build((_, a, __, c) => ({ y: a.plus(c) })),
    /add: operands of widths 4, 1/,
  ],
  'a mux with a wide select': [() => build((_, a, b) => ({ y: a.choose(a, b) })), /a mux of widths 4, 4, 4/],
  'a constant that does not fit': [
    () => build((_, a) => ({ y: a.and(16) })),
    /constant 16 does not fit in 4 bits/,
  ],
  'a slice outside the word': [() => build((_, a) => ({ y: a.slice(2, 3) })), /bits 4…2 of a word of 4 bits/],
  'an extension that cuts': [
    () => build((_, a) => ({ y: a.zeroExtend(3) })),
    /an extension from 4 to 3 bits/,
  ],
  'an undriven net': [() => build((m) => ({ y: m.wire('loose', 3) })), /nothing drives loose/],
  'two drivers': [
    () =>
      build((m, a, b) => {
        const wire = m.wire('twice', 4);
        m.drive(wire, a);
        m.drive(wire, b);
        return { y: wire };
      }),
    /twice of 4 bits has two drivers, first test\/rtl-model\/malformed\.test\.ts:\d+/,
  ],
  'a register without a clock domain': [
    () => build((m, a) => ({ y: m.register('r', a, { stage: 's1' }) }), false),
    /register r has no clock domain/,
  ],
  'a register without a next value': [
    () => build((m) => ({ y: m.feedbackRegister('r', 4, { stage: 's1' }) })),
    /register r has no next value/,
  ],
  'a register with two next values': [
    () =>
      build((m, a, b) => {
        const r = m.register('r', a, { stage: 's1' });
        m.setNext(r, b);
        return { y: r };
      }),
    /register r has two next values/,
  ],
  'a wide enable': [
    () => build((m, a, b) => ({ y: m.register('r', a, { stage: 's1', enable: b }) })),
    /the enable of r has 4 bits/,
  ],
  'a combinational loop': [
    () =>
      build((m, _, __, c) => {
        const wire = m.wire('loop', 1);
        m.drive(wire, wire.xor(c).named('turn'));
        return { y: wire };
      }),
    /combinational loop: .*loop .*turn|combinational loop: .*turn .*loop/,
  ],
  'a loop through an instance': [
    () =>
      build((m) => {
        const wire = m.wire('ring', 1);
        m.drive(wire, m.instance('inner', inverter, { x: wire }).y);
        return { y: wire };
      }),
    /combinational loop: .*inner\.y/,
  ],
  'a name used twice': [() => build((_, a, b) => ({ y: a.or(b).named('a') })), /the name a is already used/],
  'a keyword as a name': [
    () => build((_, a, b) => ({ y: a.or(b).named('wire') })),
    /"wire" cannot name hardware/,
  ],
  'a port of the wrong width': [
    () => build((m, a) => m.instance('inner', inverter, { x: a })),
    /4 bits on port x \(1 bits\) of inner/,
  ],
  'an open port': [
    () => build((m) => m.instance('inner', inverter, {} as { x: Word })),
    /instance inner leaves port x open/,
  ],
  'a word of another module': [
    () => {
      const stolen: Word[] = [];
      build((_, a) => {
        stolen.push(a);
        return { y: a };
      });
      return build((_, a) => ({ y: concat(a, ...stolen) }));
    },
    /a word of another module/,
  ],
  'two different modules of one name': [
    () =>
      build((m, _, __, c) => {
        const other = defineModule({
          name: 'inverter',
          summary: 'Not an inverter.',
          inputs: { x: 1 },
          body: (_, { x }) => ({ y: x }),
        });
        return { y: m.instance('one', inverter, { x: c }).y.and(m.instance('two', other, { x: c }).y) };
      }),
    /two different modules are called inverter/,
  ],
};

describe('malformed hardware is an error that names its place', () => {
  it.each(Object.entries(FAULTS))('%s', (_, [fault, message]) => {
    expect(fault).toThrow(HardwareError);
    expect(fault).toThrow(message);
    expect(fault).toThrow(/\(at test\/rtl-model\/malformed\.test\.ts:\d+\)/);
  });

  it('accepts the same module made twice', () => {
    const make = () =>
      defineModule({
        name: 'same',
        summary: 'y = x',
        inputs: { x: 1 },
        body: (_, { x }) => ({ y: x.not() }),
      });
    const [first, second] = [make(), make()];
    const netlist = build((m, _, __, c) => ({
      y: m.instance('one', first, { x: c }).y.and(m.instance('two', second, { x: c }).y),
    }));
    expect(netlist.hierarchy.map(({ path }) => path)).toEqual(['', 'one', 'two']);
  });
});
