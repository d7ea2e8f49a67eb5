/**
 * Makes the tensors of `programs/data` from a file with the tensors of a whole block of the language model:
 *
 *   npm run build && node scripts/sample-data.mjs FILE.safetensors
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BF16, codecOf, readSafetensors, toMatrix, writeSafetensors } from '../dist/src/formats/index.js';
import { fail, root } from './setup.mjs';

const MODEL = 'a small byte-level language model trained for this project (block 3 of 6, d = 512; bf16)';
const SIDE = 256;
/** Tokens and channels of the attention sample, and the factor on its changed key. */
const [TOKENS, CHANNELS, CHANGE] = [64, 64, 16];
const WIDTH = 512;

const [file] = process.argv.slice(2);
if (file === undefined) fail('usage: node scripts/sample-data.mjs FILE.safetensors');
const { tensors } = readSafetensors(readFileSync(file), file);
const layer = (name) => toMatrix(tensors.get(`blocks.3.qkv.${name}`), name);
const bf16 = codecOf(BF16);

/** A rows × cols matrix as bf16. */
function tensor(rows, cols, valueAt) {
  const codes = Uint16Array.from({ length: rows * cols }, (_, i) =>
    bf16.encode(valueAt(Math.floor(i / cols), i % cols)),
  );
  return { dtype: 'BF16', shape: [rows, cols], bytes: new Uint8Array(codes.buffer) };
}

function save(name, entries, source) {
  writeFileSync(
    join(root, 'programs', 'data', name),
    writeSafetensors(new Map(entries), new Map([['source', source]])),
  );
}

const corner = (name) => {
  const { cols, data } = layer(name);
  return [`qkv.${name}`, tensor(SIDE, SIDE, (i, j) => data[i * cols + j])];
};
save(
  'lm_sample.safetensors',
  ['input', 'weight', 'grad_output'].map(corner),
  `top left ${SIDE}x${SIDE} of blocks.3.qkv.input, blocks.3.qkv.weight and blocks.3.qkv.grad_output of ${MODEL}`,
);

const [input, weight] = [layer('input'), layer('weight')];
/** Row i of the input times a row of the weight. */
function project(i, row) {
  let sum = 0;
  for (let k = 0; k < WIDTH; k++) sum += input.data[i * WIDTH + k] * weight.data[row * WIDTH + k];
  return Math.fround(sum);
}
const head = (part) => tensor(TOKENS, CHANNELS, (i, j) => project(i, part * WIDTH + j));
const changed = tensor(TOKENS, CHANNELS, (i, j) => project(i, WIDTH + j) * (i === TOKENS - 1 ? CHANGE : 1));
save(
  'attention.safetensors',
  [
    ['query', head(0)],
    ['key', head(1)],
    ['key_changed', changed],
    ['value', head(2)],
    ['identity', tensor(TOKENS, TOKENS, (i, j) => (i === j ? 1 : 0))],
  ],
  `queries, keys and values of the first ${TOKENS} tokens and ${CHANNELS} channels: blocks.3.qkv.input times rows of blocks.3.qkv.weight of ${MODEL}; key_changed: the last key times ${CHANGE}`,
);
