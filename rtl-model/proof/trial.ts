/** Nodes that are equal because all values of the few sources that they depend on have been tried. */
import { GateBuilder, gateCount } from '../hdl/index.js';
import { CompiledSimulation, firstLaneSet, forEachCombination } from '../simulation/index.js';
import { anyDiffers, ConeCopy, combinational, paired, sourcesLike, sourcesOf } from './gate-cone.js';

/** Bits that are tried, and gate evaluations of all trials: a tenth of a second. */
const BITS = 24;
const EVALUATIONS = 5e10;

/** Whether trying all values shows that two nodes are equal; false as well if there are too many to try. */
export function areEqualByTrial(from: GateBuilder, one: number, other: number): boolean {
  const sources = sourcesOf(from, [one, other]);
  if (sources.length > BITS) return false;
  const gates = new GateBuilder('ripple');
  const bits = sourcesLike(gates, sources);
  const copy = new ConeCopy(from, gates, paired(sources, bits));
  const differs = anyDiffers(gates, [copy.of(one)], [copy.of(other)]);
  if (differs === gates.zero) return true;
  const cone = combinational(gates, { sources: bits }, { differs: [differs] });
  if (gateCount(cone) * 2 ** sources.length > EVALUATIONS) return false;
  const engine = new CompiledSimulation(cone);
  const output = engine.output('differs');
  let areEqual = true;
  forEachCombination(engine, [{ name: 'sources' }], () => {
    if (!areEqual) return;
    engine.settle();
    areEqual = firstLaneSet(output) < 0;
  });
  return areEqual;
}
