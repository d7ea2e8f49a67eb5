/**
 * Two designs of the same ports as a goal: cycle by cycle where their latencies are equal, else with the registers
 * that only the longer pipeline has made transparent (see `pipeline.ts` for what that covers and what not).
 */
import { ConfigurationError } from '../../src/numerics/index.js';
import type { Design } from '../designs/index.js';
import { HardwareError } from '../hdl/index.js';
import { pipelineDepth, pipelineRegisters, transparent } from './pipeline.js';
import { type ProofGoal, sideOf } from './prove.js';

const TIMEOUT_SECONDS = 300;

/**
 * That `design` does what `other` does. Throws `ConfigurationError` if their ports differ, or if their latencies do
 * and no pipeline registers account for it.
 */
export function comparisonGoal(design: Design, other: Design): ProofGoal {
  const difference = portDifference(design, other);
  if (difference !== undefined) {
    throw new ConfigurationError(
      `${design.configuration} and ${other.configuration} cannot be compared: ${difference}`,
      'compare designs of the same ports, such as nvfp4-exact and nvfp4-exact:pipeline=false',
    );
  }
  if (design.latencyCycles === other.latencyCycles) return cycleGoal(design, other);
  const [deep, plain] = design.latencyCycles > other.latencyCycles ? [design, other] : [other, design];
  return pipelineGoal(deep, plain);
}

function cycleGoal(design: Design, other: Design): ProofGoal {
  const isOther = other.module.name === design.module.name;
  return {
    name: `${design.module.name} = ${other.module.name}${isOther ? ' (itself)' : ''}`,
    claim: 'the same outputs at every cycle from reset',
    specification: sideOf(other.module),
    implementation: sideOf(design.module),
    inductionCycles: 1,
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}

/** That the registers which only `deep` has change nothing but the time. */
export function pipelineGoal(deep: Design, plain: Design): ProofGoal {
  const registers = pipelineRegisters(deep.module, plain.module);
  const depth = depthOf(deep, plain, registers);
  return {
    name: `pipeline ${deep.module.name}`,
    claim: `${registers.size} pipeline registers, ${depth} on every path, change nothing but the time`,
    specification: sideOf(plain.module),
    implementation: sideOf(transparent(deep.module, registers)),
    inductionCycles: 1,
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}

function depthOf(deep: Design, plain: Design, registers: ReadonlySet<string>): number {
  const extra = deep.latencyCycles - plain.latencyCycles;
  try {
    const depth = pipelineDepth(deep.module, registers);
    if (depth === extra) return depth;
    throw new ConfigurationError(
      `${deep.configuration} is ${extra} cycles longer, but has ${depth} more registers`,
    );
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error;
    throw new ConfigurationError(
      `${deep.configuration} and ${plain.configuration} differ in more than a pipeline: ${error.message}`,
    );
  }
}

/** The first port that only one of them has, or that has another width. */
function portDifference({ netlist: one }: Design, { netlist: two }: Design): string | undefined {
  for (const side of ['inputs', 'outputs'] as const) {
    const widths = new Map(two[side].map(({ name, width }) => [name, width]));
    for (const { name, width } of one[side]) {
      const there = widths.get(name);
      if (there === undefined) return `only the first has a port ${name}`;
      if (there !== width) return `port ${name} has ${width} and ${there} bits`;
      widths.delete(name);
    }
    for (const name of widths.keys()) return `only the second has a port ${name}`;
  }
  return undefined;
}
