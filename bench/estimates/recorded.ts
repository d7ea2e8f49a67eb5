/** Results of synthesis that are kept, one file a technology, so that reports need no synthesis. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Module } from '../../rtl-model/hdl/index.js';
import type { SynthesisRun } from '../../rtl-model/synthesis/index.js';
import { emitModules } from '../../rtl-model/systemverilog/index.js';

/** One subject on one technology. */
export interface RecordedSynthesis {
  readonly kind: 'circuit' | 'design';
  /** `sourceOf` what was synthesised: a record of another circuit than today's counts for nothing. */
  readonly source: string;
  /** One number a perturbed run, in the order of the runs. */
  readonly areaUm2: readonly number[];
  readonly cells: readonly number[];
  readonly periodPs: readonly number[];
  /** By stage and run: the shortest clock period that the stage's registers allow. */
  readonly stagesPs: Readonly<Record<string, readonly number[]>>;
}

export interface RecordedTechnology {
  readonly technology: string;
  readonly tools: { readonly yosys: string; readonly sta: string };
  readonly subjects: Record<string, RecordedSynthesis>;
}

/** The SystemVerilog of a subject. */
export function verilogOf(module: Module): string {
  return emitModules(module)
    .map(({ text }) => text)
    .join('\n');
}

/** 16 hex digits that tell one text from another. */
export function sourceOf(verilog: string): string {
  return createHash('sha256').update(verilog).digest('hex').slice(0, 16);
}

/** A record, or a new one of the given head, with one more run. */
export function withRun(
  record: RecordedSynthesis | undefined,
  head: Pick<RecordedSynthesis, 'kind' | 'source'>,
  { areaUm2, cells, periodPs }: SynthesisRun,
  stages: Readonly<Record<string, number>>,
): RecordedSynthesis {
  const tenths = (value: number) => Number(value.toFixed(1));
  return {
    ...head,
    areaUm2: [...(record?.areaUm2 ?? []), areaUm2],
    cells: [...(record?.cells ?? []), cells],
    periodPs: [...(record?.periodPs ?? []), tenths(periodPs)],
    stagesPs: Object.fromEntries(
      Object.entries(stages).map(([stage, period]) => [
        stage,
        [...(record?.stagesPs[stage] ?? []), tenths(period)],
      ]),
    ),
  };
}

const fileOf = (technology: string) => join('test', 'data', 'estimates', `${technology}.json`);

/** What is recorded of a technology; undefined if nothing is. */
export function readRecorded(technology: string): RecordedTechnology | undefined {
  const file = fileOf(technology);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RecordedTechnology) : undefined;
}

export function writeRecorded(recorded: RecordedTechnology): void {
  const { subjects, ...head } = recorded;
  const lines = Object.entries(subjects)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, subject]) => `  ${JSON.stringify(name)}: ${JSON.stringify(subject)}`);
  const text = `${JSON.stringify(head).slice(0, -1)}, "subjects": {\n${lines.join(',\n')}\n}}\n`;
  writeFileSync(fileOf(recorded.technology), text);
}
