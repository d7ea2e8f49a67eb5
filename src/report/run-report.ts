/**
 * A run for people, from the same value that `--json` prints:
 *
 *   gemm_nvfp4.s on fp4core: 5,377 cycles, 16,777,216 MACs
 *
 *   unit   used
 *   mma    38.1 %
 *   …
 *   output  shape    format  mismatches    compared  relative error  sha256
 *   D       256x256  fp32             0      65,536        1.04e-01  3f0c…
 *
 * Not shown: per-cycle traces.
 */
import { basename } from 'node:path';
import type { OutputResult, RunResult, StreamStatistics } from '../machine/index.js';
import { integer, PLAIN, percent, type Style, table } from '../text/index.js';

/** The report as text, without a final newline. */
export function runReport(result: RunResult, style: Style = PLAIN): string {
  return [
    style.heading(headline(result)),
    unitTable(result),
    rooflineText(result),
    scheduleLines(result),
    streamTable(result.statistics.streams),
    outputTable(result.outputs),
    verdict(result.outputs, style),
    [...result.notes.map((note) => `note: ${note}`), ...configurationLines(result)].join('\n'),
  ].join('\n\n');
}

/** Whether every output that was checked equals the oracle. */
export function outputsAgree(outputs: readonly OutputResult[]): boolean {
  return outputs.every(({ verification }) => (verification?.mismatches ?? 0) === 0);
}

function headline({ program, machine, cycles, macs }: RunResult): string {
  return `${basename(program)} on ${machine}: ${integer(cycles)} cycles, ${integer(macs)} MACs`;
}

function unitTable({ utilisation, statistics, dramBytes }: RunResult): string {
  const loaded = statistics.cores.reduce((sum, core) => sum + core.loadedBytes, 0);
  const stored = statistics.cores.reduce((sum, core) => sum + core.storedBytes, 0);
  const moved: Readonly<Record<string, number>> = {
    load: loaded,
    store: stored,
    l2: loaded + stored,
    dram: dramBytes,
  };
  return table(Object.entries(utilisation), [
    { title: 'unit', value: ([unit]) => unit },
    { title: 'used', value: ([, share]) => percent(share), align: 'right' },
    { title: 'bytes', value: ([unit]) => moved[unit] },
  ]);
}

function rooflineText({ roofline }: RunResult): string {
  const { macsPerByte, achievedMacsPerCycle, attainableMacsPerCycle, peakMacsPerCycle, bound } = roofline;
  if (achievedMacsPerCycle === 0) return 'roofline: no products';
  return [
    `roofline: ${macsPerByte.toFixed(1)} MACs a byte; ${bound} bound`,
    `  ${achievedMacsPerCycle.toFixed(0)} MACs a cycle, ${percent(achievedMacsPerCycle / attainableMacsPerCycle)} of the ${attainableMacsPerCycle.toFixed(0)} attainable, peak ${integer(peakMacsPerCycle)}`,
  ].join('\n');
}

/** How the tiles were spread, and how the run was simulated. */
function scheduleLines({ schedule, statistics, engine, cycles }: RunResult): string {
  const { items, leastOfCore, mostOfCore, balance, tailCycles, loadedBytesPerItem } = schedule;
  const each = leastOfCore === mostOfCore ? `${mostOfCore}` : `${leastOfCore} to ${mostOfCore}`;
  const skipped = engine.extrapolated?.cycles ?? 0;
  const conflicts = statistics.cores.reduce((sum, core) => sum + core.bankConflictCycles, 0);
  const waves = (items / statistics.cores.length).toFixed(2);
  return [
    `tiles: ${integer(items)} over ${statistics.cores.length} cores, ${each} a core, ${waves} waves; ${integer(Math.round(loadedBytesPerItem))} bytes loaded for each`,
    `  cores at work for ${percent(balance)} of the run; tail of ${integer(tailCycles)} cycles`,
    ...(conflicts === 0 ? [] : [`bank conflicts: ${integer(conflicts)} cycles more to read operands`]),
    `engine: ${engine.name}${skipped > 0 ? `, ${percent(skipped / cycles)} of the cycles extrapolated exactly` : ''}`,
  ].join('\n');
}

/** Stalls of each stream, summed over the cores. */
function streamTable(streams: readonly StreamStatistics[]): string {
  const names = [...new Set(streams.map(({ stream }) => stream))];
  const reasons = [...new Set(streams.flatMap(({ stalls }) => Object.keys(stalls)))].sort();
  const rows = names.map((name) => {
    const mine = streams.filter(({ stream }) => stream === name);
    const stalls = new Map(
      reasons.map((reason) => [
        reason,
        mine.reduce((sum, each) => sum + (each.stalls[reason as keyof typeof each.stalls] ?? 0), 0),
      ]),
    );
    return { name, issued: mine.reduce((sum, { issued }) => sum + issued, 0), stalls };
  });
  return table(rows, [
    { title: 'stream (all cores)', value: ({ name }) => name },
    { title: 'issued', value: ({ issued }) => issued },
    ...reasons.map((reason) => ({
      title: reason,
      value: ({ stalls }: (typeof rows)[number]) => stalls.get(reason) || undefined,
      align: 'right' as const,
    })),
  ]);
}

function outputTable(outputs: readonly OutputResult[]): string {
  return table(outputs, [
    { title: 'output', value: ({ name }) => name },
    { title: 'shape', value: ({ rows, cols }) => `${rows}x${cols}` },
    { title: 'format', value: ({ format }) => format },
    { title: 'mismatches', value: ({ verification }) => verification?.mismatches },
    { title: 'compared', value: ({ verification }) => verification?.compared },
    { title: 'unwritten', value: ({ unwritten }) => unwritten },
    {
      title: 'relative error',
      value: ({ verification }) => verification?.relativeError.toExponential(3),
      align: 'right',
    },
    { title: 'values', value: ({ values }) => values?.map((value) => value.toPrecision(6)).join(' ') },
    { title: 'sha256', value: ({ sha256 }) => sha256.slice(0, 16) },
  ]);
}

/** The configuration string, a part a line; long parts are broken at commas. */
function configurationLines({ configuration }: RunResult): string[] {
  return ['configuration:', ...configuration.split('; ').flatMap((part) => brokenAtCommas(part))];
}

const LINE_WIDTH = 100;

function brokenAtCommas(part: string): string[] {
  const lines = ['  '];
  for (const piece of part.split(/(?<=,)/)) {
    if (lines.at(-1)!.length + piece.length > LINE_WIDTH) lines.push('    ');
    lines[lines.length - 1] += piece;
  }
  return lines;
}

function verdict(outputs: readonly OutputResult[], style: Style): string {
  const checked = outputs.filter(({ verification }) => verification !== undefined);
  if (checked.length === 0) return 'outputs were not compared with the oracle';
  if (outputsAgree(outputs)) return style.good('every compared output equals the exact oracle, bit for bit');
  const first = checked.flatMap(({ verification }) => verification?.firstMismatches ?? []);
  return style.bad(['outputs differ from the exact oracle:', ...first.map((line) => `  ${line}`)].join('\n'));
}
