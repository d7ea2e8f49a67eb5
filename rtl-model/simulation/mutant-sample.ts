/** The mutants that a design is judged by when all of them are too many: so many of each class, drawn at random. */
import { Random } from '../../src/numerics/index.js';
import { MUTATIONS, type Mutant, type MutationClass } from './mutants.js';

/** Classes in the order of reports. */
export const MUTANT_CLASSES: readonly MutationClass[] = [
  ...MUTATIONS.map((row) => row.class),
  'missing enable',
];

/** Mutants of each class (all of a class with fewer), and the seed that they are drawn with. */
export const MUTANT_SAMPLE = { perClass: 24, seed: 7 } as const;

/** The sample from all mutants of a netlist, class by class. */
export function sampleMutants(all: readonly Mutant[]): Mutant[] {
  const { perClass, seed } = MUTANT_SAMPLE;
  const random = new Random(seed);
  return MUTANT_CLASSES.flatMap((wanted) => {
    const rest = all.filter((mutant) => mutant.class === wanted);
    if (rest.length < perClass) return rest;
    return Array.from({ length: perClass }, () => rest.splice(random.below(rest.length), 1)[0]!);
  });
}
