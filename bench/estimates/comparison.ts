/**
 * Estimates beside recorded synthesis, each judged by factors that were fitted without it.
 *
 * Factors are geometric means of synthesis over model. A lane design and its twin of another format share most of their
 * circuit; leaving one of them out leaves the other in, so the errors of such pairs are a little too good.
 */
import {
  type Calibration,
  cleanUp,
  type ErrorSummary,
  estimateLogic,
  UNCALIBRATED,
} from '../../rtl-model/analysis/index.js';
import { spreadOf } from '../../rtl-model/synthesis/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { type RecordedTechnology, readRecorded, sourceOf, verilogOf } from './recorded.js';
import { SUBJECTS } from './subjects.js';

/** One quantity: synthesis, the model before calibration, and the relative error with the factor of all others. */
export interface Compared {
  readonly synthesis: number;
  readonly model: number;
  readonly error: number;
}

export interface SubjectComparison {
  readonly subject: string;
  readonly kind: 'circuit' | 'design';
  readonly runs: number;
  /** Of each run. */
  readonly periodsPs: readonly number[];
  readonly area: Compared;
  readonly period: Compared;
  readonly stages: readonly (Compared & { readonly stage: string })[];
}

export interface TechnologyComparison {
  readonly technology: string;
  readonly tools: RecordedTechnology['tools'];
  readonly subjects: readonly SubjectComparison[];
  readonly calibration: Calibration;
}

/** Technologies with recorded synthesis. */
export const MEASURED = ['asap7', 'gt2n', 'ihp', 'osu018', 'sky130hd'] as const;

type Pair = Omit<Compared, 'error'>;
interface Pairs extends Omit<SubjectComparison, 'area' | 'period' | 'stages'> {
  readonly area: Pair;
  readonly period: Pair;
  readonly stages: readonly (Pair & { readonly stage: string })[];
}

/** All comparisons; the clean-up of a subject is shared by the technologies. */
export function compareAll(): TechnologyComparison[] {
  const recorded = MEASURED.flatMap((name) => readRecorded(name) ?? []);
  const pairs = new Map<string, Pairs[]>(recorded.map(({ technology }) => [technology, []]));
  for (const { name, kind, gates, module } of SUBJECTS) {
    const source = sourceOf(verilogOf(module()));
    const known = recorded.filter(({ subjects }) => subjects[name]?.source === source);
    if (known.length === 0) continue;
    const logic = cleanUp(gates());
    for (const { technology, subjects } of known) {
      const { areaUm2, periodPs, stagesPs } = subjects[name]!;
      const model = estimateLogic(logic, technologyByName(technology), UNCALIBRATED);
      pairs.get(technology)!.push({
        subject: name,
        kind,
        runs: areaUm2.length,
        periodsPs: periodPs,
        area: { synthesis: spreadOf(areaUm2).median, model: model.area.areaUm2 },
        period: { synthesis: spreadOf(periodPs).median, model: model.periodPs },
        stages: model.stages.flatMap(({ stage, delayPs }) => {
          const runs = stage === undefined ? undefined : stagesPs[stage];
          if (runs === undefined) return [];
          const synthesis = spreadOf(runs).median;
          return isWiring(synthesis, periodPs) ? [] : [{ stage: stage!, synthesis, model: delayPs }];
        }),
      });
    }
  }
  return recorded.map(({ technology, tools }) => judged(technology, tools, pairs.get(technology)!));
}

/** Stages of hardly any logic: an input register, a valid bit. */
function isWiring(stagePs: number, periodsPs: readonly number[]): boolean {
  return stagePs < 0.25 * spreadOf(periodsPs).median;
}

function judged(
  technology: string,
  tools: RecordedTechnology['tools'],
  pairs: readonly Pairs[],
): TechnologyComparison {
  const areaRatios = pairs.map(({ area }) => area.synthesis / area.model);
  const periodRatios = pairs.map(({ period }) => period.synthesis / period.model);
  const without = (ratios: readonly number[], i: number) => geometricMean(ratios.filter((_, j) => j !== i));
  const subjects = pairs.map((pair, i): SubjectComparison => {
    const delayFactor = without(periodRatios, i);
    return {
      ...pair,
      area: withError(pair.area, without(areaRatios, i)),
      period: withError(pair.period, delayFactor),
      stages: pair.stages.map((stage) => ({ ...stage, ...withError(stage, delayFactor) })),
    };
  });
  const designs = subjects.filter(({ kind }) => kind === 'design');
  const calibration: Calibration = {
    areaFactor: round(geometricMean(areaRatios)),
    delayFactor: round(geometricMean(periodRatios)),
    errors: {
      circuits: subjects.length,
      area: errorsOf(subjects.map(({ area }) => area)),
      delay: errorsOf(subjects.map(({ period }) => period)),
      stages: errorsOf(subjects.flatMap(({ stages }) => stages)),
      ratios: {
        area: errorsOf(ratiosOf(designs.map(({ area }) => area))),
        delay: errorsOf(ratiosOf(designs.map(({ period }) => period))),
      },
    },
  };
  return { technology, tools, subjects, calibration };
}

function withError({ synthesis, model }: Pair, factor: number): Compared {
  return { synthesis, model, error: (model * factor) / synthesis - 1 };
}

/** The ratio of each figure to each other one. */
export function ratiosOf(figures: readonly Pair[]): Compared[] {
  return figures.flatMap((one) =>
    figures
      .filter((other) => other !== one)
      .map((other) =>
        withError({ synthesis: one.synthesis / other.synthesis, model: one.model / other.model }, 1),
      ),
  );
}

export function errorsOf(compared: readonly Compared[]): ErrorSummary {
  const errors = compared.map(({ error }) => Math.abs(error));
  const mean = errors.reduce((sum, error) => sum + error, 0) / Math.max(errors.length, 1);
  return { meanAbsolute: round(mean), worst: round(Math.max(0, ...errors)) };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / Math.max(values.length, 1));
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

/** Rank correlation of Spearman between synthesis and model. */
export function rankOf(compared: readonly Compared[]): number {
  return spearman(
    compared.map(({ synthesis }) => synthesis),
    compared.map(({ model }) => model),
  );
}

/** Rank correlation of Spearman between two lists of figures of the same things. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  const rank = (values: readonly number[]) =>
    values.map(
      (value) =>
        values.filter((other) => other < value).length + values.filter((other) => other === value).length / 2,
    );
  const [a, b] = [rank(x), rank(y)];
  const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
  const product = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, i) => sum + (value - mean) * (q[i]! - mean), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}
