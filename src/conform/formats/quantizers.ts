/**
 * Witnesses: matrices quantised by fouroversix (PyTorch and Triton), TransformerEngine, torchao, microxcaling and
 * HiFloat4. `quant_index.json` also holds the inputs that all three indexes use; each entry of an index names a gzip
 * file and the fields of each case in it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  type Matrix,
  type Policy,
  parsePolicy,
  policyLike,
} from '../../formats/index.js';
import { bitsToFloat32, ConfigurationError, suggest } from '../../numerics/index.js';
import { readGzip, readJson } from '../dot/files.js';
import { Tally, type WitnessResult } from '../result.js';
import { parsed, sliceOf } from './archive.js';
import { caseSchema, conformCase, type WitnessCase } from './case.js';
import { Skips } from './skips.js';

export const QUANT_INDEX = 'quant_index.json';
export const QUANT_INPUTS = 'quant_inputs.bin.gz';
export const TRITON_INDEX = 'triton_index.json';
export const PEER_INDEX = 'peer_index.json';

const inputSchema = z.object({
  name: z.string(),
  dtype: z.enum(['float32', 'bfloat16']),
  offset: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
});
const quantSchema = z.object({
  shape: z.tuple([z.int().positive(), z.int().positive()]),
  inputs: z.array(inputSchema),
  configs: z.array(
    z.object({
      name: z.string(),
      dtype: z.string(),
      scale_rule: z.string(),
      opts: z.record(z.string(), z.union([z.string(), z.boolean()])),
      file: z.string(),
      raw_bytes: z.int().nonnegative(),
      cases: z.array(caseSchema),
    }),
  ),
});
const tritonSchema = z.array(
  z.object({
    name: z.string(),
    dtype: z.string(),
    scale_rule: z.string(),
    block: z.int().positive(),
    file: z.string(),
    cases: z.array(caseSchema),
  }),
);
const peerSchema = z.array(
  z.object({ name: z.string(), file: z.string(), code: z.string(), cases: z.array(caseSchema) }),
);

/** What one entry of an index means in our terms. */
interface Entry {
  readonly name: string;
  readonly file: string;
  readonly source: string;
  readonly format: BlockFormat;
  readonly policy: Policy;
  readonly cases: readonly WitnessCase[];
  /** Length of the unpacked file, where the index says it. */
  readonly rawBytes?: number;
}

type Inputs = ReadonlyMap<string, Matrix>;

/** What each option of `quant_index.json` changes in the policy. */
const OPTIONS: ReadonlyMap<string, string> = new Map([
  ['block_scale_2d=true', 'tiling=16x16'],
  ['transpose=true', 'transpose=yes'],
  ['rht=true', 'hadamard=16'],
  ['sr=stochastic', 'rounding=stochastic'],
  ['sr=stochastic_unbiased', 'rounding=stochastic,headroom=16/17'],
]);

interface Peer {
  readonly format: string;
  readonly like: string;
  /** Beside the preset. */
  readonly change: string;
}

/** Each entry of the peers' index, by name. */
const PEERS: ReadonlyMap<string, Peer> = new Map([
  ['te.nvfp4', { format: 'nvfp4', like: 'transformer-engine', change: '' }],
  ['te.nvfp4.2d', { format: 'nvfp4', like: 'transformer-engine', change: 'tiling=16x16' }],
  ['te.4over6.mae.448', { format: 'nvfp4', like: 'transformer-engine', change: 'mae,scale-max=448' }],
  ['te.4over6.mse.448', { format: 'nvfp4', like: 'transformer-engine', change: 'mse,scale-max=448' }],
  ['te.4over6.mae.256', { format: 'nvfp4', like: 'transformer-engine', change: 'mae,scale-max=256' }],
  ['te.4over6.mse.256', { format: 'nvfp4', like: 'transformer-engine', change: 'mse,scale-max=256' }],
  [
    'te.4over6.mse.256.2d',
    { format: 'nvfp4', like: 'transformer-engine', change: 'mse,scale-max=256,tiling=16x16' },
  ],
  [
    'te.4over6.mse.256.fastmath',
    { format: 'nvfp4', like: 'transformer-engine-fast-math', change: 'mse,scale-max=256' },
  ],
  ['ao.nvfp4.single_level', { format: 'nvfp4', like: 'torchao', change: 'levels=one' }],
  ['ao.nvfp4.two_level', { format: 'nvfp4', like: 'torchao', change: '' }],
  ['ao.mxfp4.floor', { format: 'mxfp4', like: 'torchao', change: 'rule=floor' }],
  ['ao.mxfp4.rceil', { format: 'mxfp4', like: 'torchao', change: 'rule=rceil' }],
  ['ao.mxfp4.ceil', { format: 'mxfp4', like: 'torchao', change: 'rule=ceil' }],
  ['ao.mxfp4.even', { format: 'mxfp4', like: 'torchao', change: 'rule=even' }],
  ['microxcaling.mxfp4.nearest', { format: 'mxfp4', like: 'microxcaling', change: '' }],
  [
    'microxcaling.mxfp4.even',
    { format: 'mxfp4', like: 'microxcaling', change: 'rounding=nearest-even-fp32' },
  ],
  ['hif4.man3', { format: 'hif4', like: 'hifloat4', change: '' }],
  ['hif4.numpy', { format: 'hif4', like: 'hifloat4', change: '' }],
]);

function entriesOf(folder: string): Entry[] {
  return [...quantEntries(folder), ...tritonEntries(folder), ...peerEntries(folder)];
}

/** Data files that the folder's indexes list. */
export function listedFiles(folder: string): string[] {
  return entriesOf(folder).map(({ file }) => file);
}

/** One row for every entry of the folder's indexes; none if it has none. */
export function conformQuantizers(folder: string): WitnessResult[] {
  const entries = entriesOf(folder);
  if (entries.length === 0) return [];
  const inputs = readInputs(folder);
  return entries.map((entry) => conformEntry(folder, entry, inputs));
}

function conformEntry(folder: string, entry: Entry, inputs: Inputs): WitnessResult {
  const { name, file, source, format, policy } = entry;
  const data = readGzip(join(folder, file));
  if (entry.rawBytes !== undefined && entry.rawBytes !== data.length) {
    throw new ConfigurationError(
      `${file}: has ${data.length} bytes unpacked, the index says ${entry.rawBytes}`,
    );
  }
  const tally = new Tally();
  const skips = new Skips();
  for (const witness of entry.cases) {
    const key = `${witness.input}/${witness.dtype}`;
    const input = inputs.get(key);
    if (input === undefined) {
      throw new ConfigurationError(`${file}: unknown input "${key}"`, suggest(key, inputs.keys()));
    }
    conformCase(witness, { file, data, format, policy, input, tally, skips });
  }
  const fields = new Set(entry.cases.flatMap(({ fields: present }) => Object.keys(present)));
  return tally.result(
    file,
    source,
    `${name}: ${entry.cases.length} matrices, ${[...fields].join(', ')}`,
    skips.items(),
  );
}

function quantEntries(folder: string): Entry[] {
  const path = join(folder, QUANT_INDEX);
  if (!existsSync(path)) return [];
  return parsed(quantSchema, readJson(path), QUANT_INDEX).configs.map((config) => {
    const { name, dtype, scale_rule: rule, opts, file, cases } = config;
    const format = formatOf(dtype, QUANT_INDEX);
    const changes = Object.entries(opts).map(([option, value]) => {
      const change = OPTIONS.get(`${option}=${value}`);
      if (change !== undefined) return change;
      const hint = suggest(`${option}=${value}`, OPTIONS.keys());
      throw new ConfigurationError(`${QUANT_INDEX}: ${name}: unknown option ${option}=${value}`, hint);
    });
    const policy = parsePolicy([`rule=${rule}`, ...changes].join(), policyLike('fouroversix', format));
    const source = 'fouroversix dadfad6, PyTorch';
    return { name, file, source, format, policy, cases, rawBytes: config.raw_bytes };
  });
}

function tritonEntries(folder: string): Entry[] {
  const path = join(folder, TRITON_INDEX);
  if (!existsSync(path)) return [];
  return parsed(tritonSchema, readJson(path), TRITON_INDEX).map((config) => {
    const { name, dtype, scale_rule: rule, block, file, cases } = config;
    const format = formatOf(dtype, TRITON_INDEX);
    if (format.blockSize !== block) {
      throw new ConfigurationError(
        `${TRITON_INDEX}: ${name} has blocks of ${block}, ${format.name} of ${format.blockSize}`,
      );
    }
    const policy = parsePolicy(`rule=${rule}`, policyLike('fouroversix-triton', format));
    return { name, file, source: 'fouroversix dadfad6, Triton', format, policy, cases };
  });
}

function peerEntries(folder: string): Entry[] {
  const path = join(folder, PEER_INDEX);
  if (!existsSync(path)) return [];
  return parsed(peerSchema, readJson(path), PEER_INDEX).map(({ name, file, code, cases }) => {
    const peer = PEERS.get(name);
    if (peer === undefined) {
      throw new ConfigurationError(`${PEER_INDEX}: unknown entry "${name}"`, suggest(name, PEERS.keys()));
    }
    const format = formatOf(peer.format, PEER_INDEX);
    const policy = parsePolicy(peer.change, policyLike(peer.like, format));
    return { name, file, source: code, format, policy, cases };
  });
}

function formatOf(name: string, index: string): BlockFormat {
  const format = BLOCK_FORMATS.get(name);
  if (format !== undefined) return format;
  throw new ConfigurationError(`${index}: unknown format "${name}"`, suggest(name, BLOCK_FORMATS.keys()));
}

function readInputs(folder: string): Inputs {
  const path = join(folder, QUANT_INDEX);
  const index = parsed(quantSchema, readJson(path), QUANT_INDEX);
  const [rows, cols] = index.shape;
  const data = readGzip(join(folder, QUANT_INPUTS));
  return new Map(
    index.inputs.map(({ name, dtype, offset, bytes }) => {
      const width = dtype === 'float32' ? 4 : 2;
      if (bytes !== rows * cols * width) {
        throw new ConfigurationError(
          `${QUANT_INDEX}: ${name}/${dtype} has ${bytes} bytes, expected ${rows * cols * width}`,
        );
      }
      const raw = sliceOf(data, [offset, bytes], `${QUANT_INPUTS}: ${name}/${dtype}`);
      const word = (i: number): number =>
        width === 4 ? raw.readUInt32LE(4 * i) : raw.readUInt16LE(2 * i) * 65536;
      const values = Float32Array.from({ length: rows * cols }, (_, i) => bitsToFloat32(word(i)));
      return [`${name}/${dtype}`, { rows, cols, data: values }] as const;
    }),
  );
}
