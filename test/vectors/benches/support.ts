/** Benches in a fresh folder, and simulators run on them as a user would: by their Makefile. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryProgram } from '../../../rtl-model/systemverilog/index.js';
import { type BenchKind, benchFiles, type PortMap, planBenches } from '../../../src/vectors/benches/index.js';
import type { Made } from '../support.js';

export interface Text {
  readonly file: string;
  readonly text: string;
}

/** Writes vectors, benches (by default of all kinds) and the device's sources; returns the folder. */
export function writeBench(
  folder: string,
  made: Made,
  rtl: readonly Text[],
  map?: PortMap,
  kinds?: readonly BenchKind[],
): string {
  for (const name of ['vectors', 'rtl']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of made.folder.files.keys())
    writeFileSync(join(folder, 'vectors', name), made.folder.bytes(name));
  const plans = planBenches(made.manifest, map);
  for (const { file, text } of benchFiles(made.manifest, plans, kinds, 'vectors'))
    writeFileSync(join(folder, file), text);
  for (const { file, text } of rtl) writeFileSync(join(folder, 'rtl', file), text);
  return folder;
}

/** Built quickly: the runs are short. Verilator's own optimiser leaves less for the compiler to do in large designs. */
const QUICK_BUILD =
  'VFLAGS=-O3 -Wno-fatal -Wno-lint -CFLAGS -O0 -MAKEFLAGS OPT_FAST=-O0 -MAKEFLAGS OPT_GLOBAL=-O0';

/** `make TARGET`; status and all that it printed. */
export function makeBench(folder: string, target: string, ...settings: string[]) {
  const { status, output } = tryProgram('make', [
    '-s',
    '-C',
    folder,
    target,
    QUICK_BUILD,
    'RTL=rtl/*.sv',
    ...settings,
  ]);
  return { status, output };
}
