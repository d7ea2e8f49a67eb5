/**
 * Lists of what the project knows: formats, policies, dot semantics and machine models.
 *
 *   element  bits  layout   max  codes  source
 *   e2m1        4  S1E2M1     6     16  OCP Microscaling …
 */
import type { DotSemantic } from '../dot/index.js';
import {
  type BlockFormat,
  codecOf,
  type ElementFormat,
  type PolicyField,
  type PolicyPreset,
  widthOf,
} from '../formats/index.js';
import { figureKind, figuresOf, type MachineModel, peakMacsPerCycle } from '../machine/index.js';
import { table } from '../text/index.js';

/** Widest format whose codes are listed one by one. */
const LISTED_BITS = 8;

export function formatList(elements: readonly ElementFormat[], blocks: readonly BlockFormat[]): string {
  const elementTable = table(elements, [
    { title: 'element', value: ({ name }) => name },
    { title: 'bits', value: (format) => widthOf(format) },
    { title: 'layout', value: layoutOf },
    { title: 'largest', value: (format) => numberText(codecOf(format).maxValue), align: 'right' },
    { title: 'source', value: ({ source }) => source },
  ]);
  const blockTable = table(blocks, [
    { title: 'block', value: ({ name }) => name },
    { title: 'size', value: ({ blockSize }) => blockSize },
    { title: 'elements', value: elementsOf },
    { title: 'scale', value: ({ scale }) => scale.name },
    { title: 'tensor scale', value: ({ tensorScale }) => tensorScale },
    { title: 'bits an element', value: (format) => bitsPerElement(format).toFixed(2), align: 'right' },
    { title: 'source', value: ({ source }) => source },
  ]);
  return `${elementTable}\n\n${blockTable}`;
}

/** Every code of a format of up to eight bits, or its layout and range. */
export function elementFormatReport(format: ElementFormat): string {
  const codec = codecOf(format);
  const head = `${format.name}: ${layoutOf(format)}, ${widthOf(format)} bits, largest ${numberText(codec.maxValue)}\nsource: ${format.source}`;
  if (codec.width > LISTED_BITS) return head;
  const codes = Array.from({ length: 2 ** codec.width }, (_, code) => code);
  const digits = Math.ceil(codec.width / 4);
  const lines = table(codes, [
    { title: 'code', value: (code) => `0x${code.toString(16).padStart(digits, '0')}` },
    { title: 'bits', value: (code) => code.toString(2).padStart(codec.width, '0') },
    { title: 'value', value: (code) => numberText(codec.decode(code)), align: 'right' },
  ]);
  return `${head}\n\n${lines}`;
}

export function blockFormatReport(format: BlockFormat): string {
  const { name, blockSize, scale, tensorScale, selector, source } = format;
  return [
    `${name}: blocks of ${blockSize} along K, ${bitsPerElement(format).toFixed(2)} bits an element`,
    `elements: ${elementsOf(format)}`,
    `block scale: ${scale.name}`,
    `tensor scale: ${tensorScale}`,
    `choice of elements: ${selector === 'none' ? 'none' : 'bit 7 of the scale byte'}`,
    `source: ${source}`,
  ].join('\n');
}

export function machineList(models: readonly MachineModel[]): string {
  return table(models, [
    { title: 'machine', value: ({ name }) => name },
    { title: 'cores', value: ({ cores }) => cores.value },
    { title: 'MACs a cycle', value: (model) => peakMacs(model) },
    { title: 'default semantic', value: ({ defaultSemantic }) => defaultSemantic },
    { title: 'summary', value: ({ summary }) => summary },
  ]);
}

/** Every figure of a model with its source. */
export function machineReport(model: MachineModel): string {
  const figures = table(figuresOf(model), [
    { title: 'figure', value: ({ path }) => path },
    { title: 'value', value: ({ figure }) => figure.value },
    { title: 'unit', value: ({ path }) => figureKind(path)?.unit },
    { title: 'source', value: ({ figure }) => figure.source },
  ]);
  return `${model.name}: ${model.summary}\n\n${figures}`;
}

/** The fields of a policy with their values, and the presets of codebases. */
export function policyReport(
  fields: Readonly<Record<string, PolicyField>>,
  presets: readonly PolicyPreset[],
): string {
  const fieldTexts = Object.entries(fields).map(([name, field]) => {
    const values =
      'values' in field
        ? Object.entries(field.values).map(([value, meaning]) => `    ${value.padEnd(18)} ${meaning}`)
        : [`    ${field.integer ? 'a whole number' : 'a number'} from ${field.minimum} to ${field.maximum}`];
    return [`  ${name} (default ${field.default}): ${field.summary}`, ...values].join('\n');
  });
  const presetTable = table(presets, [
    { title: '--like', value: ({ name }) => name },
    { title: 'for formats like', value: ({ changes }) => Object.keys(changes).join(', ') },
    { title: 'source', value: ({ source }) => source },
  ]);
  return `Fields of a policy, written field=value or, where it is clear, value alone:\n\n${fieldTexts.join('\n\n')}\n\n${presetTable}`;
}

export function semanticList(semantics: readonly DotSemantic[]): string {
  return table(semantics, [
    { title: 'semantic', value: ({ name }) => name },
    { title: 'K step', value: ({ stepK }) => String(stepK), align: 'right' },
    { title: 'evidence', value: ({ evidence }) => evidence },
    { title: 'summary', value: ({ summary }) => summary },
    { title: 'source', value: ({ source }) => source },
  ]);
}

function peakMacs({ cores, mma }: MachineModel): number {
  return cores.value * peakMacsPerCycle(mma.rate);
}

function layoutOf(format: ElementFormat): string {
  if (format.kind === 'integer') return `${format.representation}, step ${2 ** -format.fractionBits}`;
  const { signed, exponentBits, fractionBits, bias } = format;
  return `${signed ? 'S1' : ''}E${exponentBits}M${fractionBits}, bias ${bias}`;
}

function elementsOf({ choices }: BlockFormat): string {
  return choices
    .map(
      ({ element, gain }) =>
        `${element.name}${gain.denominator === 1n ? '' : ` × ${gain.numerator}/${gain.denominator}`}`,
    )
    .join(' or ');
}

/** Storage of one element, its share of the scale byte and of the micro-exponents included; without tensor scales. */
function bitsPerElement({ choices, blockSize, scale, microGroups = [] }: BlockFormat): number {
  const element = Math.max(...choices.map(({ element: format }) => widthOf(format)));
  const scaleBits = widthOf(scale) === 0 ? 0 : 8;
  return element + scaleBits / blockSize + microGroups.reduce((sum, size) => sum + 1 / size, 0);
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(4)
    : String(value);
}
