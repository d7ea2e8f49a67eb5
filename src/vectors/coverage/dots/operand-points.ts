/** Coverage of what is driven: element codes, lanes, scales, reserved codes, the addend. */
import { codeSets, type DotUnit } from '../../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../../dot/index.js';
import { codecOf, type ElementFormat, FP32, SELECTOR_BIT, widthOf } from '../../../formats/index.js';
import { reachable } from '../point.js';
import type { DotPoint } from './facts.js';

/** Codes up to this width are crossed one by one; wider ones by what they are. */
const CROSSED_BITS = 4;

/** Element formats of an operand, one a choice. */
export const elementsOf = (format: OperandFormat): readonly ElementFormat[] =>
  format.kind === 'block' ? format.choices.map(({ element }) => element) : [format];

/** What a code is, for formats whose codes are too many to cross. */
export function kindOfCode(format: ElementFormat, code: number): string {
  const { decode, maxValue } = codecOf(format);
  const value = decode(code);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return 'infinity';
  if (value === 0) return 'zero';
  const size = Math.abs(value);
  if (format.kind === 'float' && format.subnormals && size < 2 ** (1 - format.bias)) return 'subnormal';
  if (size >= maxValue) return 'largest';
  return size < 1 ? 'below-1' : 'from-1';
}

function codeName(format: ElementFormat, code: number): string {
  return widthOf(format) <= CROSSED_BITS ? code.toString(16) : kindOfCode(format, code);
}

function codeNames(format: ElementFormat): string[] {
  return [...new Set(Array.from({ length: 2 ** widthOf(format) }, (_, code) => codeName(format, code)))];
}

export function elementPairs(unit: DotUnit): DotPoint {
  const [a, w] = [elementsOf(unit.a), elementsOf(unit.w)];
  const selectable = [unit.a, unit.w].some((f) => f.kind === 'block' && f.selector !== 'none');
  const label = (element: ElementFormat, name: string) => (selectable ? `${element.name}:${name}` : name);
  const names = a.flatMap((x) =>
    w.flatMap((y) => codeNames(x).flatMap((p) => codeNames(y).map((q) => `${label(x, p)} × ${label(y, q)}`))),
  );
  return {
    name: 'element-pairs',
    summary: 'element codes × element codes',
    bins: reachable(names),
    *hit({ pairs }) {
      for (const { a: left, w: right } of pairs) {
        const [x, y] = [a[left.choice]!, w[right.choice]!];
        yield `${label(x, codeName(x, left.code))} × ${label(y, codeName(y, right.code))}`;
      }
    },
  };
}

export function lanesUsed({ lanes, a, w }: DotUnit): DotPoint {
  const isZero = (format: OperandFormat, choice: number, code: number) =>
    codecOf(elementsOf(format)[choice]!).decode(code) === 0;
  return {
    name: 'lanes',
    summary: 'lanes with a product that is not zero, while another lane has none',
    bins: reachable(Array.from({ length: lanes }, (_, lane) => `${lane}`)),
    *hit({ pairs }) {
      const zero = pairs.map(
        (pair) => isZero(a, pair.a.choice, pair.a.code) || isZero(w, pair.w.choice, pair.w.code),
      );
      if (!zero.includes(true)) return;
      for (let i = 0; i < pairs.length; i++) if (!zero[i]) yield `${pairs[i]!.lane}`;
    },
  };
}

export function scalePoints({ a, w }: DotUnit): DotPoint[] {
  if (!hasBlockScales(a) || !hasBlockScales(w)) return [];
  const kind = (format: typeof a, byte: number) => {
    const code = byte & (2 ** widthOf(format.scale) - 1);
    const selected = format.selector !== 'none' && (byte & SELECTOR_BIT) !== 0 ? '/second' : '';
    return kindOfCode(format.scale, code) + selected;
  };
  const kinds = (format: typeof a) => {
    const bytes = Array.from({ length: 2 ** widthOf(format.scale) }, (_, code) => code);
    const both = format.selector === 'none' ? bytes : [...bytes, ...bytes.map((code) => code | SELECTOR_BIT)];
    return [...new Set(both.map((byte) => kind(format, byte)))];
  };
  const names = kinds(a).flatMap((x) => kinds(w).map((y) => `${x} × ${y}`));
  const codes = (format: typeof a, side: string) =>
    Array.from({ length: 2 ** widthOf(format.scale) }, (_, code) => `${side} ${code.toString(16)}`);
  return [
    {
      name: 'scale-classes',
      summary: 'what the scale of a is × what the scale of w is',
      bins: reachable(names),
      hit: ({ blocks }) => blocks.map(({ scales: [x, y] }) => `${kind(a, x)} × ${kind(w, y)}`),
    },
    {
      name: 'scale-codes',
      summary: 'every scale code on either side',
      bins: reachable([...codes(a, 'a'), ...codes(w, 'w')]),
      *hit({ blocks }) {
        for (const {
          scales: [x, y],
        } of blocks) {
          yield `a ${(x & (2 ** widthOf(a.scale) - 1)).toString(16)}`;
          yield `w ${(y & (2 ** widthOf(w.scale) - 1)).toString(16)}`;
        }
      },
    },
  ];
}

export function reservedCodes({ a, w }: DotUnit): DotPoint {
  const sides = [
    ['a', elementsOf(a)],
    ['w', elementsOf(w)],
  ] as const;
  const name = (side: string, format: ElementFormat, code: number) =>
    `${side} ${format.name} ${code.toString(16)}`;
  const names = sides.flatMap(([side, formats]) =>
    formats.flatMap((format) => codeSets(format).reserved.map((code) => name(side, format, code))),
  );
  return {
    name: 'reserved-codes',
    summary: '−0 and codes that no encoder makes, on either side',
    bins: reachable(names),
    *hit({ pairs }) {
      for (const pair of pairs) {
        for (const [side, formats] of sides) {
          const { choice, code } = side === 'a' ? pair.a : pair.w;
          const format = formats[choice]!;
          if (codeSets(format).reserved.includes(code)) yield name(side, format, code);
        }
      }
    },
  };
}

export function addendPoints({ protocol, semantic }: DotUnit): DotPoint[] {
  if (protocol.addend === undefined || semantic.result.kind !== 'float') return [];
  const { decode } = codecOf(FP32);
  const kind = (bits: number) => {
    const value = decode(bits);
    if (Number.isNaN(value)) return 'nan';
    if (value === 0) return 'zero';
    const sign = value < 0 ? 'minus ' : 'plus ';
    if (!Number.isFinite(value)) return `${sign}infinity`;
    return sign + (Math.abs(value) < 2 ** -126 ? 'subnormal' : 'normal');
  };
  const signed = ['infinity', 'subnormal', 'normal'].flatMap((name) => [`plus ${name}`, `minus ${name}`]);
  return [
    {
      name: 'addend',
      summary: 'what C is',
      bins: reachable(['zero', 'nan', ...signed]),
      hit: ({ segment }) => [kind(segment.addend ?? 0)],
    },
  ];
}
