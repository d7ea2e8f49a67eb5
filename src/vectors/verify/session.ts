/** A whole folder verified: which response belongs to which class, and what all of them say together. */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { layoutOfUnit, type Manifest } from '../manifest.js';
import { unitsFromManifest } from '../program/target.js';
import { targetOfManifest } from '../targets/index.js';
import { unitStem, type VectorUnit } from '../unit.js';
import { type Response, type ResponseFormat, readResponses } from './response.js';
import type { ByteSource } from './source.js';
import { type ClassReport, type VerifiedClass, verifyClass } from './verify.js';

/** One response that was handed in. */
export interface ResponseInput {
  readonly name: string;
  readonly format: ResponseFormat;
  readonly open: () => ByteSource;
}

export interface VerifyReport {
  readonly target: string;
  readonly configuration: string;
  readonly passed: boolean;
  readonly results: number;
  readonly compared: number;
  readonly mismatches: number;
  readonly classes: readonly ClassReport[];
}

/** The classes of a manifest that have results, with their units, in the order of the manifest. */
export const verifiedClasses = (manifest: Manifest): VerifiedClass[] =>
  classesOf(manifest).filter(({ manifestUnit }) => manifestUnit.fields.some(({ role }) => role === 'result'));

/**
 * The classes of a manifest with their units, in its order.
 *
 * @param units those that make them; by default as the manifest alone has them, which for a program make nothing
 */
export function classesOf(manifest: Manifest, units = unitsOf(manifest)): VerifiedClass[] {
  return manifest.units.flatMap((manifestUnit) => {
    const unit = units.find((one) => `${unitStem(one)}_L${manifest.level}` === manifestUnit.stem);
    if (unit === undefined)
      throw new ConfigurationError(
        `${manifest.target} has no unit ${manifestUnit.stem}`,
        'made by another version?',
      );
    return manifestUnit.classes.map((set) => ({ unit, manifestUnit, set }));
  });
}

const unitsOf = (manifest: Manifest): readonly VectorUnit[] =>
  manifest.kind === 'program' ? unitsFromManifest(manifest) : targetOfManifest(manifest).units;

/** The class called `name`, or all of them; a name without a unit stands for the first unit that has it. */
export function classNamed(classes: readonly VerifiedClass[], name: string): VerifiedClass {
  const found = classes.find(({ set }) => set.name === name || stemOf(set.files[0]!.file) === name);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    `the folder has no class "${name}"`,
    suggest(name, [...new Set(classes.map(({ set }) => set.name))]),
  );
}

/** A file name without its extension. */
export const stemOf = (file: string) => file.replace(/\.[^.]*$/, '');

/** The class that a response file is named after, by the longest name that it begins with. */
export function classOfFile(classes: readonly VerifiedClass[], file: string): VerifiedClass | undefined {
  const stem = ({ set }: VerifiedClass) => stemOf(set.files[0]!.file);
  return [...classes]
    .sort((x, y) => stem(y).length - stem(x).length)
    .find((one) => file.startsWith(stem(one)));
}

/** A response for each of some classes. */
export function verifyEach(
  manifest: Manifest,
  pairs: readonly { readonly verified: VerifiedClass; readonly input: ResponseInput }[],
  open: (file: string) => ByteSource,
): VerifyReport {
  const reports = pairs.map(({ verified, input }) =>
    verifyClass(verified, responsesIn(input, verified), open),
  );
  return reportOf(manifest, reports);
}

/** One response for all classes in their order. */
export function verifyAll(
  manifest: Manifest,
  classes: readonly VerifiedClass[],
  input: ResponseInput,
  open: (file: string) => ByteSource,
): VerifyReport {
  const layouts = new Set(classes.map(({ manifestUnit }) => manifestUnit));
  if (layouts.size > 1)
    throw new ConfigurationError('the folder holds several units', 'say which class it is with --set');
  const responses = responsesIn(input, classes[0]!);
  const sizes = (of: (one: VerifiedClass) => number) => classes.map(of);
  const totals = [sizes(({ set }) => set.vectors), sizes(({ set }) => set.results)];
  const parts = totals.find((list) => list.reduce((x, y) => x + y, 0) === responses.length) ?? totals.at(-1)!;
  let at = 0;
  const reports = classes.map((one, i) => {
    const mine = responses.slice(at, at + parts[i]!);
    at += parts[i]!;
    return verifyClass(one, mine, open);
  });
  return reportOf(manifest, reports);
}

function responsesIn({ open, format, name }: ResponseInput, { manifestUnit }: VerifiedClass): Response[] {
  const responses = [...readResponses(open(), format, layoutOfUnit(manifestUnit), name)];
  if (responses.length === 0) throw new ConfigurationError(`${name} holds no answer`);
  return responses;
}

function reportOf({ target, configuration }: Manifest, classes: readonly ClassReport[]): VerifyReport {
  const sum = (of: (report: ClassReport) => number) => classes.reduce((total, one) => total + of(one), 0);
  const passed = classes.every(({ mismatches, problems }) => mismatches === 0 && problems.length === 0);
  return {
    target,
    configuration,
    passed,
    results: sum(({ results }) => results),
    compared: sum(({ compared }) => compared),
    mismatches: sum(({ mismatches }) => mismatches),
    classes,
  };
}
