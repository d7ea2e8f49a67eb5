/**
 * Witness: segments of the published IF4/NVFP4 MAC's golden reference, one JSON object a line: scale bytes and 16
 * element nibbles of both sides for every cycle, and the FP32 result.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createOracle, type DotOracle, semanticOf } from '../../dot/index.js';
import { BLOCK_FORMATS } from '../../formats/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { Tally, type WitnessResult } from '../result.js';
import { describeDot } from './describe.js';
import { parseJson, readGzip } from './files.js';

const FILE = 'if4_mac_segments.jsonl.gz';
const SOURCE = 'mit-han-lab/fouroversix dadfad6, if4_mac';
const SEMANTIC = 'published-mac';
const LANES = 16;

const hexadecimal = (digits: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const lanes = z.array(hexadecimal(LANES));
const segmentSchema = z
  .object({
    fmt: z.enum(['if4', 'nvfp4']),
    seed: z.int(),
    len: z.int().positive(),
    mode: z.int().min(0).max(2),
    a_sf: z.string().regex(/^([0-9a-f]{2})+$/),
    w_sf: z.string().regex(/^([0-9a-f]{2})+$/),
    a: lanes,
    w: lanes,
    acc: hexadecimal(8),
  })
  .refine((s) => s.a.length === s.len && s.w.length === s.len, { message: 'a and w need `len` cycles' })
  .refine((s) => s.a_sf.length === 2 * s.len && s.w_sf.length === 2 * s.len, {
    message: 'a_sf and w_sf need `len` bytes',
  });
type Segment = z.infer<typeof segmentSchema>;

/** One row a format; none if the folder has no such file. */
export function conformMacSegments(folder: string): WitnessResult[] {
  const path = join(folder, FILE);
  if (!existsSync(path)) return [];
  const lines = readGzip(path).toString('utf8').split('\n');
  if (lines.at(-1) !== '') throw new ConfigurationError(`${FILE}: the last line is cut off`);
  const segments = lines.slice(0, -1).map(parseSegment);
  if (segments.length === 0) throw new ConfigurationError(`${FILE} holds no segments`);
  const formats = [...new Set(segments.map(({ fmt }) => fmt))];
  return formats.map((fmt) => conformSegments(fmt, segments));
}

function parseSegment(line: string, index: number): Segment & { line: number } {
  const place = `${FILE}, line ${index + 1}`;
  const parsed = segmentSchema.safeParse(parseJson(line, place));
  if (parsed.success) return { ...parsed.data, line: index + 1 };
  const issue = parsed.error.issues[0]!;
  throw new ConfigurationError(`${place}: ${[...issue.path, issue.message].join(': ')}`);
}

function conformSegments(
  fmt: Segment['fmt'],
  segments: readonly (Segment & { line: number })[],
): WitnessResult {
  const format = BLOCK_FORMATS.get(fmt)!;
  const oracle: DotOracle = createOracle(semanticOf(SEMANTIC), format, format);
  const tally = new Tally();
  for (const segment of segments) {
    if (segment.fmt !== fmt) continue;
    const a = { codes: nibbles(segment.a), scales: Buffer.from(segment.a_sf, 'hex') };
    const w = { codes: nibbles(segment.w), scales: Buffer.from(segment.w_sf, 'hex') };
    const ours = oracle.dot(a.codes, a.scales, w.codes, w.scales);
    const theirs = Number.parseInt(segment.acc, 16);
    const at = `${FILE}, line ${segment.line} (mode ${segment.mode}, ${segment.len} blocks)`;
    tally.compare(ours === theirs, () => describeDot(oracle, at, a, w, 0, theirs, ours));
  }
  return tally.result(FILE, SOURCE, `${fmt} segments = ${SEMANTIC}`);
}

/** 16 hexadecimal digits a cycle, lane 0 first. */
function nibbles(cycles: readonly string[]): Uint8Array {
  return Uint8Array.from(cycles.join(''), (digit) => Number.parseInt(digit, 16));
}
