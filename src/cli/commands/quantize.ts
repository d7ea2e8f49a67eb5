/** `fp4sim quantize` and `fp4sim dequantize` */
import {
  BLOCK_FORMATS,
  type BlockFormat,
  type DecodeOptions,
  dequantize as decode,
  quantize as encode,
  fromMatrix,
  loadTensors,
  matrixFromSource,
  type NibbleOrder,
  parsePolicy,
  policyLike,
  quantizedFromTensors,
  quantizedToTensors,
  resolvePolicy,
  writeNpy,
  writeSafetensors,
} from '../../formats/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { ExitCode } from '../errors.js';
import { writeWhole } from '../files.js';
import { print } from '../terminal.js';

interface QuantizeOptions {
  readonly format: string;
  readonly policy: string;
  readonly like?: string;
  readonly pad?: boolean;
  readonly nibbleOrder: NibbleOrder;
  readonly scaleLayout: 'row-major' | 'blackwell';
  readonly output: string;
}

export async function quantize(source: string, options: QuantizeOptions): Promise<number> {
  const format = blockFormatNamed(options.format);
  const base = options.like === undefined ? resolvePolicy(format, '') : policyLike(options.like, format);
  const policy = parsePolicy(options.pad ? `${options.policy},padding=zeros` : options.policy, base);
  const quantized = encode(format, matrixFromSource(source), policy);
  const { tensors, metadata } = quantizedToTensors(quantized, options);
  writeWhole(options.output, writeSafetensors(tensors, new Map([...metadata, ['source', source]])));
  print(`${options.output}: ${quantized.rows}x${quantized.cols} ${format.name}\npolicy: ${quantized.policy}`);
  return ExitCode.fine;
}

interface DequantizeOptions extends Pick<DecodeOptions, 'scale7f' | 'code8'> {
  readonly output: string;
}

export async function dequantize(file: string, { output, ...decoding }: DequantizeOptions): Promise<number> {
  const quantized = quantizedFromTensors(loadTensors(file), file);
  const tensor = fromMatrix(decode(quantized, decoding));
  const metadata = new Map([
    ['policy', quantized.policy],
    ['format', quantized.format.name],
  ]);
  const bytes = output.endsWith('.npy')
    ? writeNpy(tensor)
    : writeSafetensors(new Map([['values', tensor]]), metadata);
  writeWhole(output, bytes);
  print(`${output}: ${quantized.rows}x${quantized.cols} values of ${quantized.format.name}`);
  return ExitCode.fine;
}

/** The block format of that name. */
export function blockFormatNamed(name: string): BlockFormat {
  const format = BLOCK_FORMATS.get(name);
  if (format === undefined)
    throw new ConfigurationError(`unknown block format "${name}"`, suggest(name, BLOCK_FORMATS.keys()));
  return format;
}
