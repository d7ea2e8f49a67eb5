/** `fp4sim quantize` and `fp4sim dequantize` */
import {
  blockFormatNamed,
  type DecodeOptions,
  dequantize as decode,
  quantize as encode,
  formatCatalogue,
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
import { ExitCode } from '../errors.js';
import { writeWhole } from '../files.js';
import { print } from '../terminal.js';

interface QuantizeOptions {
  readonly format: string;
  readonly policy: string;
  readonly like?: string;
  readonly pad?: boolean;
  readonly define?: string;
  readonly nibbleOrder: NibbleOrder;
  readonly scaleLayout: 'row-major' | 'blackwell';
  readonly output: string;
}

export async function quantize(source: string, options: QuantizeOptions): Promise<number> {
  const format = blockFormatNamed(formatCatalogue(options.define), options.format);
  const base = options.like === undefined ? resolvePolicy(format, '') : policyLike(options.like, format);
  const policy = parsePolicy(options.pad ? `${options.policy},padding=zeros` : options.policy, base);
  const quantized = encode(format, matrixFromSource(source), policy);
  const { tensors, metadata } = quantizedToTensors(quantized, options);
  writeWhole(options.output, writeSafetensors(tensors, new Map([...metadata, ['source', source]])));
  print(`${options.output}: ${quantized.rows}x${quantized.cols} ${format.name}\npolicy: ${quantized.policy}`);
  return ExitCode.fine;
}

interface DequantizeOptions extends Pick<DecodeOptions, 'scale7f' | 'code8'> {
  readonly define?: string;
  readonly output: string;
}

export async function dequantize(
  file: string,
  { output, define, ...decoding }: DequantizeOptions,
): Promise<number> {
  const quantized = quantizedFromTensors(loadTensors(file), file, {
    formats: formatCatalogue(define).blocks,
  });
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
