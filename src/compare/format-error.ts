/**
 * The error of block formats on tensors: every format with every tensor, one row each.
 *
 * A format is written `name` or `name:policy`, where `+` joins the changes of a policy: `nvfp4:mse+tiling=16x16`.
 * A tensor is `FILE#KEY`, `FILE.npy`, or drawn: `normal:RxC:seed`, `uniform:…`, `laplace:…`, `student3:…`.
 */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  type ErrorMeasures,
  loadMatrix,
  type Matrix,
  measureError,
  parseTensorReference,
  policySummary,
  resolvePolicy,
} from '../formats/index.js';
import { ConfigurationError, Random, suggest } from '../numerics/index.js';

/** One format on one tensor. */
export interface FormatErrorRow extends ErrorMeasures {
  readonly source: string;
  readonly rows: number;
  readonly cols: number;
  /** As the user wrote it: `nvfp4:mse`. */
  readonly format: string;
  /** The full text of the policy. */
  readonly policy: string;
}

/** A format with a policy. */
export interface FormatChoice {
  readonly label: string;
  readonly format: BlockFormat;
  readonly policy: string;
}

/** Largest drawn tensor, in elements. */
const DRAWN_LIMIT = 2 ** 28;

/** Measures every format on every tensor. */
export function compareFormats(
  formats: readonly FormatChoice[],
  sources: readonly string[],
  onProgress?: (text: string) => void,
): FormatErrorRow[] {
  return sources.flatMap((source) => {
    const matrix = sourceMatrix(source);
    return formats.map(({ label, format, policy }) => {
      onProgress?.(`${label} on ${source}`);
      const { quantized, measures } = measureError(format, matrix, policy);
      return {
        source,
        rows: matrix.rows,
        cols: matrix.cols,
        format: label,
        policy: quantized.policy,
        ...measures,
      };
    });
  });
}

/** `nvfp4,nvfp4:mse,if4` as formats with policies. */
export function parseFormatList(text: string): FormatChoice[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0)
    throw new ConfigurationError('no formats given', 'for example nvfp4,nvfp4:mse,if4,mxfp4');
  return items.map(parseFormat);
}

function parseFormat(item: string): FormatChoice {
  const [name = '', changes = ''] = item.split(/:(.*)/s);
  const format = BLOCK_FORMATS.get(name);
  if (format === undefined) {
    throw new ConfigurationError(`unknown block format "${name}"`, suggest(name, BLOCK_FORMATS.keys()));
  }
  const policy = changes.replaceAll('+', ',');
  const chosen = resolvePolicy(format, policy);
  return { label: changes === '' ? name : `${name}:${changes}`, format, policy: policySummary(chosen) };
}

const DISTRIBUTIONS: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => random.normal(),
  uniform: (random) => 2 * random.uniform() - 1,
  laplace: (random) => {
    const u = random.uniform() - 0.5;
    return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
  },
  student3: (random) => random.student(3),
};

/** The matrix of a source. Throws `ConfigurationError` for what cannot be read or drawn. */
export function sourceMatrix(source: string): Matrix {
  const drawn = /^([a-z]+\d*):(\d+)x(\d+):(-?\d+)$/.exec(source);
  if (drawn === null) {
    const { path, key } = parseTensorReference(source);
    return loadMatrix(path, key);
  }
  const [, name = '', rowsText, colsText, seed] = drawn;
  const draw = DISTRIBUTIONS[name];
  if (draw === undefined) {
    throw new ConfigurationError(`unknown distribution "${name}"`, suggest(name, Object.keys(DISTRIBUTIONS)));
  }
  const [rows, cols] = [Number(rowsText), Number(colsText)];
  if (rows * cols === 0 || rows * cols > DRAWN_LIMIT) {
    throw new ConfigurationError(`${source}: ${rows}x${cols} elements`, `expected 1 … ${DRAWN_LIMIT}`);
  }
  const random = new Random(Number(seed)).split(name);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => draw(random)) };
}
