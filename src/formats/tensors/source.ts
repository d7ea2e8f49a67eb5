/** Matrices named in one argument: a tensor of a file, or seeded random numbers. */
import { ConfigurationError, Random, suggest } from '../../numerics/index.js';
import type { Matrix } from '../matrix.js';
import { loadMatrix, parseTensorReference } from './load.js';

/** One number of each distribution. All have variance 1 except Student's t, whose is degrees / (degrees − 2). */
const DISTRIBUTIONS: ReadonlyMap<string, (random: Random) => number> = new Map([
  ['normal', (random: Random) => random.normal()],
  ['uniform', (random: Random) => (2 * random.uniform() - 1) * Math.sqrt(3)],
  ['laplace', (random: Random) => laplace(random.uniform())],
  ['student3', (random: Random) => random.student(3)],
]);

/** Largest matrix that is generated, in elements: 1 GiB of float32. */
const MAX_ELEMENTS = 2 ** 28;

/**
 * `FILE#KEY` (or `FILE` with one tensor), or `normal:ROWSxCOLS:SEED` and likewise `uniform`, `laplace`, `student3`.
 * Same text, same numbers.
 */
export function matrixFromSource(source: string): Matrix {
  const match = /^([a-z0-9]+):([^:]*)(?::(.*))?$/.exec(source);
  if (match === null) {
    const { path, key } = parseTensorReference(source);
    return loadMatrix(path, key);
  }
  const [, name = '', shape = '', seed = ''] = match;
  const draw = DISTRIBUTIONS.get(name);
  if (draw === undefined) {
    throw new ConfigurationError(
      `${source}: unknown distribution "${name}"`,
      suggest(name, DISTRIBUTIONS.keys()),
    );
  }
  const [rows, cols] = parseShape(shape, source);
  if (!/^\d{1,15}$/.test(seed)) {
    throw new ConfigurationError(`${source}: expected a seed (a natural number), found "${seed}"`);
  }
  const random = new Random(Number(seed)).split(name);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => draw(random)) };
}

function parseShape(text: string, source: string): [number, number] {
  const match = /^(\d{1,9})x(\d{1,9})$/.exec(text);
  const [rows, cols] = [Number(match?.[1]), Number(match?.[2])];
  if (rows > 0 && cols > 0 && rows * cols <= MAX_ELEMENTS) return [rows, cols];
  throw new ConfigurationError(
    `${source}: "${text}" is no shape: expected ROWSxCOLS with 1 to 2^28 elements`,
    'for example normal:1024x1024:1',
  );
}

/** The inverse distribution function, variance 1. `u` is uniform in [0, 1). */
function laplace(u: number): number {
  const centred = u - 0.5;
  return (-Math.sign(centred) * Math.log(1 - 2 * Math.min(Math.abs(centred), 0.5 - 2 ** -33))) / Math.SQRT2;
}
