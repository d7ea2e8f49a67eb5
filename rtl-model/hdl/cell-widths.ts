/** Width rules that kinds of cells share: each says what is wrong with widths, or undefined. */
import type { CellShape } from './cell-kinds.js';

export const widthList = (shape: CellShape) => shape.inputWidths.join(', ');

/** All operands and the result have one width. */
export function sameWidths(count: number) {
  return (shape: CellShape): string | undefined => {
    const fits = shape.inputWidths.length === count && shape.inputWidths.every((w) => w === shape.width);
    return fits ? undefined : `operands of widths ${widthList(shape)} for a result of ${shape.width} bits`;
  };
}

/** Two operands and a result of one width, and possibly a one-bit carry in. */
export function addition(shape: CellShape): string | undefined {
  const [a, b, carry = 1, ...rest] = shape.inputWidths;
  const fits = a === shape.width && b === shape.width && carry === 1 && rest.length === 0;
  return fits ? undefined : `operands of widths ${widthList(shape)} for a sum of ${shape.width} bits`;
}

export function comparison(shape: CellShape): string | undefined {
  const [a, b] = shape.inputWidths;
  const fits = shape.inputWidths.length === 2 && a === b && shape.width === 1;
  return fits ? undefined : `operands of widths ${widthList(shape)} for a one-bit comparison`;
}

export function reduction(shape: CellShape): string | undefined {
  return shape.inputWidths.length === 1 && shape.width === 1 ? undefined : 'a reduction gives one bit';
}

export function shift(shape: CellShape): string | undefined {
  const [value, amount] = shape.inputWidths;
  if (value !== shape.width) return `operand of ${value} bits for a result of ${shape.width} bits`;
  return amount !== undefined && amount <= 31 ? undefined : 'the amount of a shift has at most 31 bits';
}

export function extension(shape: CellShape): string | undefined {
  const [from] = shape.inputWidths;
  const fits = shape.inputWidths.length === 1 && from! <= shape.width;
  return fits ? undefined : `an extension from ${from} to ${shape.width} bits`;
}
