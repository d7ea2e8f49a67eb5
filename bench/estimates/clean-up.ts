/**
 * Clean-up beside that of abc: ANDs and levels of circuits before it, after it, and after `dc2` of abc from the same
 * start. `node dist/bench/estimates/clean-up.js`; needs `berkeley-abc` (apt-get install berkeley-abc).
 *
 * Printed, not kept: decision 31 has what it said. Not compared: yosys' own start, mapping.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cleanUp,
  estimatedGates,
  type Literal,
  type Logic,
  logicOf,
  neededNodes,
  usedAndCount,
} from '../../rtl-model/analysis/index.js';
import { defineModule, flatten, type GateNetlist, type Module } from '../../rtl-model/hdl/index.js';
import { floatAdder, floatDivider } from '../../rtl-model/library/index.js';
import { inFolder, runProgram } from '../../rtl-model/systemverilog/index.js';
import { codecOf, FP32 } from '../../src/formats/index.js';
import { CIRCUITS } from './circuits.js';

const reciprocal = () =>
  defineModule({
    name: 'reciprocal',
    summary: '1 / x in FP32, an array divider.',
    inputs: { x: 32 },
    body: (m, { x }) => {
      const one = m.constant(32, codecOf(FP32).encode(1));
      return { y: m.instance('divide', floatDivider(FP32), { a: one, b: x! }).quotient };
    },
  });

const gatesOf = (module: Module): GateNetlist => estimatedGates(flatten(module));
const subjects: Readonly<Record<string, () => GateNetlist>> = {
  ...CIRCUITS,
  'FP32 adder': () => gatesOf(floatAdder(FP32, { subnormals: 'flush' })),
  '1 / x': () => gatesOf(reciprocal()),
};

const FLOW = 'strash; &get -n; &fraig -x; &put; scorr; dc2; print_stats';

console.log('| circuit | before | after | dc2 of abc |\n|---|---|---|---|');
for (const [name, make] of Object.entries(subjects)) {
  const gates = make();
  const before = logicOf(gates);
  console.log(`| ${name} | ${sizeOf(before)} | ${sizeOf(cleanUp(gates))} | ${abcSizeOf(before)} |`);
}

function sinksOf({ outputs, flipFlops }: Logic): Literal[] {
  return [...outputs, ...flipFlops.map(({ next }) => next)];
}

function sizeOf(logic: Logic): string {
  const levels = sinksOf(logic).map((literal) => logic.aig.level[literal >> 1]!);
  return `${usedAndCount(logic)} / ${Math.max(...levels)}`;
}

function abcSizeOf(logic: Logic): string {
  return inFolder((folder) => {
    const file = join(folder, 'start.blif');
    writeFileSync(file, blifOf(logic));
    const { output } = runProgram('berkeley-abc', ['-q', `read_blif ${file}; ${FLOW}`]);
    const found = /and = *(\d+).*lev = *(\d+)/.exec(output);
    if (found === null) throw new Error(`berkeley-abc printed no size: ${output.slice(-400)}`);
    return `${found[1]} / ${found[2]}`;
  });
}

/** The graph between sources and sinks in BLIF (Berkeley Logic Interchange Format, UC Berkeley 1992). */
function blifOf(logic: Logic): string {
  const { aig, sources } = logic;
  const net = (literal: Literal) => `n${literal >> 1}`;
  const bit = (literal: Literal) => 1 - (literal & 1);
  const ands = [...neededNodes(logic)].flatMap((needed, node) => {
    if (needed === 0 || !aig.isAnd(node)) return [];
    const [a, b] = [aig.left[node]!, aig.right[node]!];
    return `.names ${net(a)} ${net(b)} n${node}\n${bit(a)}${bit(b)} 1`;
  });
  const sinks = sinksOf(logic);
  return [
    '.model start',
    `.inputs ${sources.map(net).join(' ')}`,
    `.outputs ${sinks.map((_, i) => `o${i}`).join(' ')}`,
    '.names n0',
    ...ands,
    ...sinks.map((literal, i) => `.names ${net(literal)} o${i}\n${bit(literal)} 1`),
    '.end\n',
  ].join('\n');
}
