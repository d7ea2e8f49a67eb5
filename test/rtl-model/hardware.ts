/** Helpers of the hardware tests: one module as a function, in both engines. */
import { expect } from 'vitest';
import {
  bitBlast,
  defineModule,
  flatten,
  type Module,
  type ModuleBuilder,
  type Word,
  type Words,
} from '../../rtl-model/hdl/index.js';
import { CompiledSimulation, Interpreter } from '../../rtl-model/simulation/index.js';

/** Named values of ports. */
export type Values = Readonly<Record<string, bigint>>;

/** A combinational module with one output `y`. */
export function combinational<const I extends Readonly<Record<string, number>>>(
  inputs: I,
  body: (words: Words<I>, builder: ModuleBuilder) => Word,
): Module {
  return defineModule({
    name: 'under_test',
    summary: 'A circuit of the tests.',
    inputs,
    body: (builder, words) => ({ y: body(words, builder) }),
  });
}

/** The outputs of a combinational module for each case, by the interpreter. */
export function interpret(module: Module, cases: readonly Values[]): Values[] {
  const engine = new Interpreter(flatten(module));
  return cases.map((values) => {
    for (const [name, value] of Object.entries(values)) engine.set(name, value);
    engine.settle();
    return Object.fromEntries(module.outputs.map(({ name }) => [name, engine.get(name)]));
  });
}

/** The same by the compiled simulator, 128 cases at a time. */
export function compiled(module: Module, cases: readonly Values[], gatesPerFunction = 400): Values[] {
  const engine = new CompiledSimulation(bitBlast(flatten(module)), { gatesPerFunction });
  const results: Values[] = [];
  for (let start = 0; start < cases.length; start += CompiledSimulation.lanes) {
    const batch = cases.slice(start, start + CompiledSimulation.lanes);
    batch.forEach((values, lane) => {
      for (const [name, value] of Object.entries(values)) engine.input(name).set(lane, value);
    });
    engine.settle();
    batch.forEach((_, lane) => {
      results.push(
        Object.fromEntries(module.outputs.map(({ name }) => [name, engine.output(name).get(lane)])),
      );
    });
  }
  return results;
}

/** Checks the outputs of a combinational module for each case, in both engines. */
export function check(module: Module, cases: readonly Values[], means: (values: Values) => Values): void {
  const expected = cases.map(means);
  expect(interpret(module, cases)).toEqual(expected);
  expect(compiled(module, cases)).toEqual(expected);
}

/** Every combination of values of ports of these widths; their sum must be small. */
export function allValues(widths: Readonly<Record<string, number>>): Values[] {
  let cases: Values[] = [{}];
  for (const [name, width] of Object.entries(widths)) {
    const values = Array.from({ length: 2 ** width }, (_, value) => BigInt(value));
    cases = cases.flatMap((partial) => values.map((value) => ({ ...partial, [name]: value })));
  }
  return cases;
}

/** A uniform bigint of `width` bits. */
export function randomWord(random: { uint32(): number }, width: number): bigint {
  let value = 0n;
  for (let bits = 0; bits < width; bits += 32) value = (value << 32n) | BigInt(random.uint32());
  return BigInt.asUintN(width, value);
}

/** `count` uniform assignments to ports of these widths. */
export function randomValues(
  random: { uint32(): number },
  widths: Readonly<Record<string, number>>,
  count: number,
): Values[] {
  return Array.from({ length: count }, () =>
    Object.fromEntries(Object.entries(widths).map(([name, width]) => [name, randomWord(random, width)])),
  );
}

/** Widths of a module's inputs. */
export function inputWidths(module: Module): Record<string, number> {
  return Object.fromEntries(module.inputs.map(({ name, width }) => [name, width]));
}
