/** `fp4sim sim` */
import { dirname, join } from 'node:path';
import { type Design, randomSegments } from '../../../rtl-model/designs/index.js';
import { blockEdges, randomBlocks, simulateDesign } from '../../../rtl-model/proof/index.js';
import { segmentEdges, viewerFiles, waveformOf } from '../../../rtl-model/simulation/index.js';
import { Random } from '../../numerics/index.js';
import { simulationReport } from '../../report/index.js';
import { keepCheck } from '../checked.js';
import { designOf } from '../design-names.js';
import { ExitCode } from '../errors.js';
import { makeFolder, writeWhole } from '../files.js';
import type { DesignFlags } from '../groups/designs.js';
import { packageVersion, print, progressLine } from '../terminal.js';

/** Slices or blocks in a waveform, at least. */
const WAVEFORM_VECTORS = { mac: 200, unit: 20 };

interface SimOptions extends DesignFlags {
  readonly vectors: number;
  readonly seed: number;
  readonly vcd?: string;
  readonly json?: boolean;
}

export async function sim(name: string, options: SimOptions): Promise<number> {
  const { design } = designOf(name, options);
  const { vectors, seed, vcd, json } = options;
  const files = vcd === undefined ? [] : writeWaveform(design, seed, vectors, vcd);
  const progress = progressLine();
  const start = process.cpuUsage();
  const report = simulateDesign(design, {
    vectors,
    seed,
    onProgress: (done) => progress.update(`${done} of ${vectors} vectors`),
  });
  progress.clear();
  keepCheck(design, report);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  print(json ? JSON.stringify({ ...report, files }, null, 2) : simulationReport(report, seconds, files));
  return report.mismatches === 0 ? ExitCode.fine : ExitCode.checkFailed;
}

/** The waveform of the first vectors, and beside it what viewers need to show codes as numbers. */
function writeWaveform(design: Design, seed: number, vectors: number, path: string): string[] {
  const random = new Random(seed).split('waveform');
  const edges =
    design.kind === 'mac'
      ? segmentEdges(design, [
          ...randomSegments(design, random, { slices: Math.min(vectors, WAVEFORM_VECTORS.mac) }),
        ])
      : blockEdges(design, randomBlocks(random, Math.min(vectors, WAVEFORM_VECTORS.unit)));
  const version = `fp4sim ${packageVersion()}: ${design.configuration}, seed ${seed}`;
  writeWhole(path, waveformOf(design, edges, version));
  const beside = viewerFiles(design).map(({ path: relative, text }) => {
    const file = join(dirname(path), relative);
    makeFolder(dirname(file));
    writeWhole(file, text);
    return file;
  });
  return [path, ...beside];
}
