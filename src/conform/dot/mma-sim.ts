/**
 * Witness: outputs of MMA-Sim. `mma_index.json` lists the operations; each has a gzip file with the operands and
 * results of a few calls. D = A·Bᵀ + C, every dot product apart.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  createOracle,
  DOT_SEMANTICS,
  type DotOracle,
  type DotSemantic,
  type OperandFormat,
  semanticOf,
} from '../../dot/index.js';
import { ELEMENT_FORMATS, type FloatFormat } from '../../formats/index.js';
import { ConfigurationError, Rational, suggest } from '../../numerics/index.js';
import { Tally, type WitnessResult } from '../result.js';
import { describeDot } from './describe.js';
import { littleEndian, readGzip, readJson } from './files.js';

const INDEX = 'mma_index.json';
const SOURCE = 'microsoft/MMA-Sim c785138';

const slice = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
const callSchema = z.object({
  A: slice,
  B: slice,
  SA: slice.optional(),
  SB: slice.optional(),
  C: slice,
  D: slice,
});
const floatType = z.enum(['torch.float32', 'torch.float16']);
const operationSchema = z.object({
  name: z.string(),
  file: z.string(),
  m: z.int().positive(),
  n: z.int().positive(),
  k: z.int().positive(),
  a: z.string(),
  b: z.string(),
  scale: z.string().nullable(),
  block: z.int().positive().nullable(),
  c_dtype: floatType,
  d_dtype: floatType,
  calls: z.array(callSchema),
});
type Operation = z.infer<typeof operationSchema>;
type Call = z.infer<typeof callSchema>;

/** Names that differ between MMA-Sim and the records here. */
const ELEMENT_NAMES: Readonly<Record<string, string>> = { ue8m0: 'e8m0' };
/** AMD's FP8 has another bias and no −0; the index does not say so in its type names. */
const FNUZ: Readonly<Record<string, string>> = { e4m3: 'e4m3-fnuz', e5m2: 'e5m2-fnuz' };

interface OperationRow {
  /** Beginning of the operation's name. */
  readonly prefix: string;
  readonly result: z.infer<typeof floatType>;
  readonly semantic: string;
  readonly elementNames?: Readonly<Record<string, string>>;
}

/** Which semantic an operation of MMA-Sim is. */
const OPERATIONS: readonly OperationRow[] = [
  { prefix: 'tcgen05.mxf4nvf4.', result: 'torch.float32', semantic: 'blackwell-mxf4nvf4' },
  { prefix: 'tcgen05.mxf8f6f4.', result: 'torch.float32', semantic: 'blackwell-mxf8f6f4' },
  { prefix: 'tcgen05.f8f6f4.', result: 'torch.float32', semantic: 'blackwell-f8f6f4' },
  { prefix: 'tcgen05.f8f6f4.', result: 'torch.float16', semantic: 'blackwell-f8f6f4-f16' },
  { prefix: 'wgmma.k32.', result: 'torch.float32', semantic: 'hopper-wgmma-fp8' },
  { prefix: 'wgmma.k32.', result: 'torch.float16', semantic: 'hopper-wgmma-fp8-f16' },
  { prefix: 'ada.mma.k32.', result: 'torch.float32', semantic: 'ada-mma-fp8' },
  { prefix: 'amd.cdna3.fp8.', result: 'torch.float32', semantic: 'cdna3-fp8', elementNames: FNUZ },
];

/**
 * Which record MMA-Sim is compared with: its own treatment of zeros and of the floor, which is known to differ from
 * silicon (`<semantic>/mma-sim`), or that of the hardware.
 */
export type MmaSimPolicy = 'mma-sim' | 'hardware';

/** One row for every operation of the folder's index; none if the folder has no index. */
export function conformMmaSim(folder: string, policy: MmaSimPolicy = 'mma-sim'): WitnessResult[] {
  const path = join(folder, INDEX);
  if (!existsSync(path)) return [];
  const parsed = z.array(operationSchema).safeParse(readJson(path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ConfigurationError(`${INDEX}: ${issue.path.join('.')}: ${issue.message}`);
  }
  return parsed.data.map((operation) => conformOperation(folder, operation, policy));
}

function conformOperation(folder: string, operation: Operation, policy: MmaSimPolicy): WitnessResult {
  const { file, name } = operation;
  const row = OPERATIONS.find((o) => name.startsWith(o.prefix) && o.result === operation.d_dtype);
  if (row === undefined || operation.c_dtype !== operation.d_dtype) {
    const types = `${operation.c_dtype} to ${operation.d_dtype}`;
    const known = OPERATIONS.map((o) => `${o.prefix}*`);
    throw new ConfigurationError(
      `${INDEX}: unknown operation "${name}" (${types})`,
      suggest(name, new Set(known)),
    );
  }
  const [a, b] = [operation.a, operation.b].map((element) => operandFormat(operation, element, row));
  const oracle = createOracle(semanticFor(row, policy), a!, b!);
  if (oracle.stepK !== operation.k) {
    throw new ConfigurationError(`${INDEX}: ${name}: K = ${operation.k}, expected ${oracle.stepK}`);
  }
  const data = readGzip(join(folder, file));
  const tally = new Tally();
  operation.calls.forEach((call, index) => {
    conformCall(operation, call, `${file}: call ${index}`, data, oracle, tally);
  });
  return tally.result(file, SOURCE, `${name} = ${oracle.semantic.name}`);
}

function semanticFor({ semantic }: OperationRow, policy: MmaSimPolicy): DotSemantic {
  const own = policy === 'mma-sim' ? DOT_SEMANTICS.get(`${semantic}/mma-sim`) : undefined;
  return own ?? semanticOf(semantic);
}

/** The operand record of an operation: bare elements, or with its block scales. */
function operandFormat(
  { name, scale, block }: Operation,
  elementName: string,
  row: OperationRow,
): OperandFormat {
  const element = lookUp(name, row.elementNames?.[elementName] ?? elementName);
  if (scale === null || block === null) return element;
  return {
    kind: 'block',
    name: `${elementName}/${scale}/${block}`,
    blockSize: block,
    scale: lookUp(name, scale) as FloatFormat,
    tensorScale: 'none',
    choices: [{ element, gain: Rational.rational(1n), reservedCodes: [] }],
    selector: 'none',
    source: SOURCE,
  };
}

function lookUp(operation: string, name: string): OperandFormat & { kind: 'float' | 'integer' } {
  const format = ELEMENT_FORMATS.get(ELEMENT_NAMES[name] ?? name);
  if (format === undefined) {
    const hint = suggest(name, ELEMENT_FORMATS.keys());
    throw new ConfigurationError(`${INDEX}: ${operation}: unknown element format "${name}"`, hint);
  }
  return format;
}

function conformCall(
  { m, n, k, block, c_dtype, name }: Operation,
  call: Call,
  place: string,
  data: Buffer,
  oracle: DotOracle,
  tally: Tally,
): void {
  const blocks = block === null ? 0 : k / block;
  const bytes = c_dtype === 'torch.float32' ? 4 : 2;
  const field = (key: keyof Call, length: number): Buffer => cut(data, call[key], length, `${place}: ${key}`);
  const [a, b] = [field('A', m * k), field('B', n * k)];
  const sa = blocks === 0 ? Buffer.alloc(0) : field('SA', m * blocks);
  const sb = blocks === 0 ? Buffer.alloc(0) : field('SB', n * blocks);
  const c = littleEndian(field('C', m * n * bytes), 0, m * n, bytes);
  const d = littleEndian(field('D', m * n * bytes), 0, m * n, bytes);
  for (let i = 0; i < m; i++) {
    const left = { codes: a.subarray(i * k, (i + 1) * k), scales: sa.subarray(i * blocks, (i + 1) * blocks) };
    for (let j = 0; j < n; j++) {
      const right = {
        codes: b.subarray(j * k, (j + 1) * k),
        scales: sb.subarray(j * blocks, (j + 1) * blocks),
      };
      const [addend, theirs] = [c[i * n + j]!, d[i * n + j]!];
      const ours = oracle.dot(left.codes, left.scales, right.codes, right.scales, addend);
      const at = `${name}, ${place}, row ${i}, column ${j}`;
      tally.compare(ours === theirs, () => describeDot(oracle, at, left, right, addend, theirs, ours));
    }
  }
}

function cut(
  data: Buffer,
  range: readonly [number, number] | undefined,
  length: number,
  place: string,
): Buffer {
  if (range === undefined) throw new ConfigurationError(`${place} is missing from ${INDEX}`);
  const [offset, bytes] = range;
  if (bytes !== length)
    throw new ConfigurationError(`${place} has ${bytes} bytes; its shape needs ${length}`);
  if (offset + bytes > data.length) {
    throw new ConfigurationError(`${place} ends at byte ${offset + bytes}, the file at ${data.length}`);
  }
  return data.subarray(offset, offset + bytes);
}
