/**
 * The error of block formats on tensors: every format with every tensor, one row each.
 *
 * A format is written `name` or `name:policy`, where `+` joins the changes of a policy: `nvfp4:mse+tiling=16x16`.
 * A tensor is `FILE#KEY`, `FILE.npy`, or drawn: `normal:RxC:seed`, `uniform:…`, `laplace:…`, `student3:…`.
 */
import {
  type BlockFormat,
  blockFormatNamed,
  type ErrorMeasures,
  type FormatCatalogue,
  formatCatalogue,
  matrixFromSource,
  measureError,
  policyText,
  resolvePolicy,
} from '../formats/index.js';
import { ConfigurationError } from '../numerics/index.js';

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

/** Measures every format on every tensor. */
export function compareFormats(
  formats: readonly FormatChoice[],
  sources: readonly string[],
  onProgress?: (text: string) => void,
): FormatErrorRow[] {
  return sources.flatMap((source) => {
    const matrix = matrixFromSource(source);
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
export function parseFormatList(
  text: string,
  catalogue: FormatCatalogue = formatCatalogue(),
): FormatChoice[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0)
    throw new ConfigurationError('no formats given', 'for example nvfp4,nvfp4:mse,if4,mxfp4');
  return items.map((item) => parseFormat(item, catalogue));
}

function parseFormat(item: string, catalogue: FormatCatalogue): FormatChoice {
  const [name = '', changes = ''] = item.split(/:(.*)/s);
  const format = blockFormatNamed(catalogue, name);
  const policy = changes.replaceAll('+', ',');
  const chosen = resolvePolicy(format, policy);
  return { label: changes === '' ? name : `${name}:${changes}`, format, policy: policyText(chosen) };
}
