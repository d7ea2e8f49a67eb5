/** Binary operators: which binds how strongly, and the tree that follows. */
import { type Expression, spanning } from './ast.js';

/** Binding strength of the binary operators, as in C. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** Operands and the operators between them as a tree, by precedence and from left to right. */
export function combine(operands: readonly Expression[], operators: readonly string[]): Expression {
  const values = [operands[0]!];
  const pending: string[] = [];
  const reduce = (): void => {
    const right = values.pop()!;
    const left = values.pop()!;
    const operator = pending.pop()!;
    values.push({ kind: 'binary', operator, left, right, span: spanning(left.span, right.span) });
  };
  operators.forEach((operator, i) => {
    while (pending.length > 0 && PRECEDENCE[pending.at(-1)!]! >= PRECEDENCE[operator]!) reduce();
    pending.push(operator);
    values.push(operands[i + 1]!);
  });
  while (pending.length > 0) reduce();
  return values[0]!;
}
