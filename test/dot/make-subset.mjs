// Cuts the committed witnesses of test/data/dot out of the whole ones in ../shared:
//   node test/dot/make-subset.mjs
// All MMA-Sim operations and MAC segments; of the recorded silicon one tile of every class, chains of 16 steps at most.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shared = join(import.meta.dirname, '..', '..', '..', 'shared');
const target = join(import.meta.dirname, '..', 'data', 'dot');
const [HEADER, ROWS, COLS, ROW_BYTES] = [24, 64, 8, 32];
const LONGEST_CHAIN = 16;

mkdirSync(target, { recursive: true });
for (const name of readdirSync(join(shared, 'vectors'))) {
  if (/^mma|^if4_mac_segments/.test(name))
    writeFileSync(join(target, name), readFileSync(join(shared, 'vectors', name)));
}
for (const name of readdirSync(join(shared, 'silicon'))) {
  if (!name.endsWith('.fpv')) continue;
  writeFileSync(join(target, name), Buffer.concat(cutRecords(readFileSync(join(shared, 'silicon', name)))));
}

/** The first tile of every record. */
function cutRecords(data) {
  const records = [];
  for (let offset = 0; offset < data.length; ) {
    const header = data.subarray(offset, offset + HEADER);
    const [steps, tiles] = [header.readUInt32LE(16), header.readUInt32LE(20)];
    const sections = [ROWS * ROW_BYTES * steps, COLS * ROW_BYTES * steps, ROWS * COLS * 4, ROWS * COLS * 4];
    if ((header.readUInt32LE(8) & 0x100) === 0) sections.push(ROWS * COLS * 4);
    offset += HEADER;
    const first = Buffer.from(header);
    first.writeUInt32LE(1, 20);
    const cut = [first];
    for (const bytes of sections) {
      cut.push(data.subarray(offset, offset + bytes));
      offset += bytes * tiles;
    }
    if (steps <= LONGEST_CHAIN) records.push(...cut);
  }
  return records;
}
