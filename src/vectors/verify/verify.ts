/** Answers of a device against the vectors of a folder: counts by class, the first mismatch, and a diagnosis. */
import { ConfigurationError } from '../../numerics/index.js';
import {
  type Columns,
  isDriven,
  type Layout,
  nanFlagOf,
  type PlacedField,
  valueAt,
  withRole,
} from '../layout.js';
import type { SegmentLines } from '../mac/layout.js';
import { layoutOfUnit, type ManifestClass, type ManifestUnit } from '../manifest.js';
import type { Explanation, VectorUnit } from '../unit.js';
import { answerPolicies } from './answer-policies.js';
import { type Answer, type Diagnosis, diagnose, isReordered, shiftOf } from './diagnose.js';
import { readableFile, readVectors } from './expected.js';
import type { Response, ResponseValue } from './response.js';
import type { ByteSource } from './source.js';

/** Answers of each kind that the diagnosis looks at, and results that the order is judged by. */
const [SAMPLED, ORDERED] = [48, 4096];

/** One field of a wrong answer, as text. */
export interface FieldMismatch {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

export interface StageMismatch {
  readonly name: string;
  /** The edge after which it is wrong; 1 takes the vector. */
  readonly edge: number;
  /** Other stages that have shown before it, all of them right. */
  readonly right: readonly string[];
}

export interface Mismatch {
  readonly file: string;
  /** Number of the vector in its file, from 0, and of the line from 1. */
  readonly vector: number;
  /** Line or record of the response. */
  readonly at: number;
  readonly fields: readonly FieldMismatch[];
  /** Where the fields are pipeline registers: the first stage that is wrong, and what of it. */
  readonly stage: StageMismatch | undefined;
  readonly explanation: Explanation;
}

export interface ClassReport {
  readonly unit: string;
  readonly name: string;
  readonly file: string;
  readonly results: number;
  readonly compared: number;
  readonly mismatches: number;
  /** Answers with unknown bits (X or Z). */
  readonly unknown: number;
  /** What is wrong with the response as a whole. */
  readonly problems: readonly string[];
  readonly first: Mismatch | undefined;
  readonly diagnoses: readonly Diagnosis[];
}

/** A class of a manifest with the unit that makes it. */
export interface VerifiedClass {
  readonly unit: VectorUnit;
  readonly manifestUnit: ManifestUnit;
  readonly set: ManifestClass;
}

/**
 * Compares the responses to one class. There is one for each result or one for each vector.
 *
 * @param open opens a file of the folder
 */
export function verifyClass(
  { unit, manifestUnit, set }: VerifiedClass,
  responses: readonly Response[],
  open: (file: string) => ByteSource,
): ClassReport {
  const layout = layoutOfUnit(manifestUnit);
  const file = readableFile(set);
  const comparison = new Comparison(unit, layout, file.file, responses, set);
  for (const { columns, first, count } of readVectors(open(file.file), file, layout)) {
    comparison.block(columns, first, count);
  }
  return comparison.report();
}

class Comparison {
  readonly #unit: VectorUnit;
  readonly #layout: Layout;
  readonly #results: readonly PlacedField[];
  readonly #care: PlacedField | undefined;
  readonly #nan: PlacedField | undefined;
  readonly #file: string;
  readonly #set: ManifestClass;
  readonly #responses: readonly Response[];
  readonly #perVector: boolean;
  readonly #byVector: ReadonlyMap<number, Response> | undefined;
  readonly #wrong: Answer[] = [];
  readonly #right: Answer[] = [];
  readonly #expectedOrder: string[] = [];
  readonly #foundOrder: string[] = [];
  readonly #problems = new Set<string>();
  #first: Mismatch | undefined;
  #previous: Answer['sample']['previous'];
  #count = 0;
  #compared = 0;
  #mismatches = 0;
  #unknown = 0;

  constructor(
    unit: VectorUnit,
    layout: Layout,
    file: string,
    responses: readonly Response[],
    set: ManifestClass,
  ) {
    this.#unit = unit;
    this.#layout = layout;
    this.#results = withRole(layout, 'result');
    [this.#care] = withRole(layout, 'care');
    this.#nan = nanFlagOf(layout);
    this.#file = file;
    this.#set = set;
    this.#responses = responses;
    this.#perVector = responses.length === set.vectors && set.vectors !== set.results;
    const numbered = responses.length > 0 && responses.every(({ vector }) => vector !== undefined);
    this.#byVector = numbered ? this.#numbered() : undefined;
  }

  #numbered(): ReadonlyMap<number, Response> {
    const map = new Map(this.#responses.map((response) => [response.vector!, response]));
    if (map.size < this.#responses.length) this.#problems.add('some vectors are answered twice');
    return map;
  }

  block(columns: Columns, first: number, count: number): void {
    const [check] = withRole(this.#layout, 'check');
    const firstField = this.#layout.fields.find(({ name }) => name === this.#unit.interface?.first);
    let from = 0;
    for (let line = 0; line < count; line++) {
      if (firstField === undefined || columns[firstField.column]![line] === 1) from = line;
      if (check !== undefined && columns[check.column]![line] === 0) continue;
      this.#compare(columns, first, { from, to: line + 1 });
    }
  }

  #compare(columns: Columns, base: number, lines: SegmentLines): void {
    const vector = base + lines.to - 1;
    const response = this.#responseTo(vector, this.#count++);
    if (response === undefined) return;
    const care = this.#cares(columns, lines.to - 1, response.results);
    const expected = this.#results.map((field) => valueAt(columns, field, lines.to - 1));
    const found = response.results.map((value, i) => (care(i) ? value : expected[i]!));
    this.#compared++;
    this.#checkOperands(columns, lines.to - 1, response);
    if (this.#expectedOrder.length < ORDERED) {
      this.#expectedOrder.push(expected.join('_'));
      this.#foundOrder.push(found.join('_'));
    }
    const equal = expected.every((value, i) => value === found[i]);
    if (!equal) this.#mismatch(columns, lines, { expected, found, vector, at: response.at });
    if (this.#right.length >= SAMPLED && this.#wrong.length >= SAMPLED) return;
    const list = equal ? this.#right : this.#wrong;
    const copy = copyOf(columns, lines);
    if (list.length < SAMPLED) list.push({ sample: { ...copy, previous: this.#previous, expected }, found });
    this.#previous = copy;
  }

  /** Which result fields of a line matter: beside the flag of a NaN that is one, none. */
  #cares(columns: Columns, line: number, found: readonly ResponseValue[]): (index: number) => boolean {
    if (this.#care !== undefined) {
      const bits = valueAt(columns, this.#care, line);
      return (index) => ((bits >> BigInt(index)) & 1n) === 1n;
    }
    const isNan =
      this.#nan !== undefined &&
      valueAt(columns, this.#nan, line) === 1n &&
      found[this.#results.indexOf(this.#nan)] === 1n;
    return isNan ? (index) => this.#results[index] === this.#nan : () => true;
  }

  #responseTo(vector: number, result: number): Response | undefined {
    if (this.#byVector !== undefined) return this.#byVector.get(vector);
    return this.#responses[this.#perVector ? vector : result];
  }

  /** A response that repeats the operands shows by them whether it is in order. */
  #checkOperands(columns: Columns, line: number, { operands, at }: Response): void {
    if (operands === undefined) return;
    const driven = this.#layout.fields.filter(isDriven);
    if (driven.every((field, i) => valueAt(columns, field, line) === operands[i])) return;
    if (this.#problems.size === 0)
      this.#problems.add(`line ${at} of the response has other operands than its vector: it is out of order`);
  }

  #mismatch(
    columns: Columns,
    lines: SegmentLines,
    {
      expected,
      found,
      vector,
      at,
    }: { expected: bigint[]; found: readonly ResponseValue[]; vector: number; at: number },
  ): void {
    this.#mismatches++;
    if (found.some((value) => typeof value === 'string')) this.#unknown++;
    if (this.#first !== undefined) return;
    const text = (value: ResponseValue, { digits }: PlacedField) =>
      typeof value === 'string' ? value : value.toString(16).padStart(digits, '0');
    const wrong = this.#results.filter((_, i) => expected[i] !== found[i]);
    const fields = wrong.map((field): FieldMismatch => {
      const i = this.#results.indexOf(field);
      return { field: field.name, expected: text(expected[i]!, field), found: text(found[i]!, field) };
    });
    const stage = stageOf(wrong, this.#results);
    const explanation = this.#unit.explain(columns, lines);
    this.#first = { file: this.#file, vector, at, fields, stage, explanation };
  }

  report(): ClassReport {
    const { name, results } = this.#set;
    const missing = this.#count - this.#compared;
    if (this.#count !== results)
      throw new ConfigurationError(`${this.#file} has ${this.#count} results, its manifest says ${results}`);
    const given = this.#responses.length;
    if (missing > 0)
      this.#problems.add(`the response ends early: ${missing} of ${results} results are missing`);
    else if (this.#byVector === undefined && !this.#perVector && given > results)
      this.#problems.add(`${given - results} answers too many`);
    return {
      unit: this.#unit.unit,
      name,
      file: this.#file,
      results,
      compared: this.#compared,
      mismatches: this.#mismatches,
      unknown: this.#unknown,
      problems: [...this.#problems, ...this.#order()],
      first: this.#first,
      diagnoses: this.#mismatches === 0 ? [] : this.#diagnoses(),
    };
  }

  #order(): string[] {
    if (this.#mismatches === 0) return [];
    const shift = shiftOf(this.#expectedOrder, this.#foundOrder);
    if (shift !== undefined)
      return [
        `the answers are ${Math.abs(shift)} result${Math.abs(shift) > 1 ? 's' : ''} ${shift > 0 ? 'late' : 'early'}`,
      ];
    return isReordered(this.#expectedOrder, this.#foundOrder)
      ? ['the answers are the right ones in another order']
      : [];
  }

  #diagnoses(): Diagnosis[] {
    // Policies predict results; registers and cycles, of which some do not matter, are no results.
    if (this.#care !== undefined) return [];
    const policies = [...answerPolicies(this.#results), ...this.#unit.policies()];
    return diagnose(policies, this.#wrong, this.#right);
  }
}

/** The first stage among wrong registers, which stand in the order of their edges. */
function stageOf([first]: readonly PlacedField[], all: readonly PlacedField[]): StageMismatch | undefined {
  const stage = first?.stage;
  if (stage === undefined) return undefined;
  const { name, edge } = stage;
  const before = all.flatMap((field) => (field.stage!.edge < edge ? [field.stage!.name] : []));
  return { name, edge, right: [...new Set(before)].filter((other) => other !== name) };
}

/** The lines of a dot product in columns of their own. */
function copyOf(columns: Columns, { from, to }: SegmentLines): { columns: Columns; lines: SegmentLines } {
  return {
    columns: columns.map((column) => column.slice(from, to)),
    lines: { from: 0, to: to - from },
  };
}
