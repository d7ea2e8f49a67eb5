// Writes the compact subset of the reference vectors that is committed in test/data/formats. Run from the repository:
//   node test/formats/make-subset.mjs ../shared/vectors
// It copies bytes of the reference files and renumbers their indexes; it computes no value.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const from = process.argv[2];
const to = join(dirname(fileURLToPath(import.meta.url)), '..', 'data', 'formats');
const json = (name) => JSON.parse(readFileSync(join(from, name), 'utf8'));
const unpacked = (name) => gunzipSync(readFileSync(join(from, name)));
const write = (name, bytes) => writeFileSync(join(to, name), gzipSync(bytes, { level: 9 }));
const index = (name, value) => writeFileSync(join(to, name), `${JSON.stringify(value)}\n`);

// Casts: the targeted inputs come first in every column; every fifth of the random ones follows.
const TARGETED = 19201;
const rounding = json('rounding.json');
const columns = unpacked('rounding.bin.gz');
const kept = Array.from({ length: rounding[0].count }, (_, i) => i).filter(
  (i) => i < TARGETED && i % 4 !== 3,
);
let offset = 0;
const parts = [];
const castIndex = rounding.map(({ name, dtype, offset: start }) => {
  const width = dtype === 'uint8' ? 1 : 4;
  const part = Buffer.concat(kept.map((i) => columns.subarray(start + i * width, start + (i + 1) * width)));
  parts.push(part);
  offset += part.length;
  return { name, dtype, count: kept.length, offset: offset - part.length };
});
index('rounding.json', castIndex);
write('rounding.bin.gz', Buffer.concat(parts));
writeFileSync(join(to, 'codec_tables.json'), readFileSync(join(from, 'codec_tables.json')));

// Quantisers: three inputs, and the large float fields for a few entries only.
const INPUTS = ['outliers/bfloat16', 'outliers/float32', 'tie_e2m1/float32', 'tiny/bfloat16'];
const WITH_FLOATS =
  /^(nvfp4\.mse|if4\.mse|nvint4\.static_6|mxfp4\.static_4|nvfp4\.static_6\.rht|if4_bs8\.mse|microxcaling|hif4)/;
const FLOATS = /^(dq_|pseudo_)/;
const WITH_DRAWS = /^(if4\.mse\.stochastic|nvfp4\.static_6\.stochastic_unbiased)$/;
const quant = json('quant_index.json');
const inputBytes = unpacked('quant_inputs.bin.gz');
const used = new Set();

function subset(entry) {
  const data = unpacked(entry.file);
  const pieces = [];
  let at = 0;
  const all = entry.cases.filter((c) => INPUTS.includes(`${c.input}/${c.dtype}`));
  const bf16First = all.filter(
    (c, _, list) =>
      c.dtype === 'bfloat16' ||
      c.input !== 'outliers' ||
      !list.some((o) => o.input === 'outliers' && o.dtype === 'bfloat16'),
  );
  const chosen = bf16First.length > 0 ? bf16First : entry.cases.slice(0, 1);
  if (chosen.some((c) => c.fields.rand0_f32) && !WITH_DRAWS.test(entry.name)) return undefined;
  const cases = chosen.map((c) => {
    used.add(`${c.input}/${c.dtype}`);
    const floats = WITH_FLOATS.test(entry.name) && c.input !== 'tiny';
    const fields = Object.entries(c.fields).filter(([name]) => floats || !FLOATS.test(name));
    return {
      ...c,
      fields: Object.fromEntries(
        fields.map(([name, [start, length]]) => {
          pieces.push(data.subarray(start, start + length));
          at += length;
          return [name, [at - length, length]];
        }),
      ),
    };
  });
  write(entry.file, Buffer.concat(pieces));
  return { ...entry, cases, ...(entry.raw_bytes === undefined ? {} : { raw_bytes: at }) };
}

const configs = quant.configs.map(subset).filter(Boolean);
index('triton_index.json', json('triton_index.json').map(subset).filter(Boolean));
index('peer_index.json', json('peer_index.json').map(subset).filter(Boolean));
let position = 0;
const inputs = quant.inputs
  .filter((input) => used.has(`${input.name}/${input.dtype}`))
  .map((input) => {
    const bytes = inputBytes.subarray(input.offset, input.offset + input.bytes);
    position += bytes.length;
    return { entry: { ...input, offset: position - bytes.length }, bytes };
  });
write('quant_inputs.bin.gz', Buffer.concat(inputs.map(({ bytes }) => bytes)));
index('quant_index.json', { shape: quant.shape, inputs: inputs.map(({ entry }) => entry), configs });
