/** Common names of cell functions, and truth tables up to the order of inputs. */
import { truthTable } from './liberty/index.js';
import { MUX4 } from './multiplexer.js';

const INPUTS = ['A', 'B', 'C', 'D', 'E'];

/** Functions with a name of their own in most libraries. A trailing `b` marks an inverted first input. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  inv: '!A',
  buf: 'A',
  nand2: '!(A B)',
  nand3: '!(A B C)',
  nand4: '!(A B C D)',
  nor2: '!(A+B)',
  nor3: '!(A+B+C)',
  nor4: '!(A+B+C+D)',
  and2: 'A B',
  and3: 'A B C',
  and4: 'A B C D',
  and5: 'A B C D E',
  or2: 'A+B',
  or3: 'A+B+C',
  or4: 'A+B+C+D',
  or5: 'A+B+C+D+E',
  nand2b: '!(!A B)',
  nand3b: '!(!A B C)',
  nand4b: '!(!A B C D)',
  nand4bb: '!(!A !B C D)',
  nor2b: '!(!A+B)',
  nor3b: '!(!A+B+C)',
  nor4b: '!(!A+B+C+D)',
  nor4bb: '!(!A+!B+C+D)',
  and3b: '!A B C',
  and4b: '!A B C D',
  and4bb: '!A !B C D',
  or3b: '!A+B+C',
  or4b: '!A+B+C+D',
  or4bb: '!A+!B+C+D',
  xor2: 'A^B',
  xnor2: '!(A^B)',
  xor3: 'A^B^C',
  xnor3: '!(A^B^C)',
  mux2: '(A B)+(!A C)',
  mux2i: '!((A B)+(!A C))',
  maj3: '(A B)+(A C)+(B C)',
  maj3i: '!((A B)+(A C)+(B C))',
  ...andOr('21', '(A B)', 'C'),
  ...andOr('22', '(A B)', '(C D)'),
  ...andOr('31', '(A B C)', 'D'),
  ...andOr('32', '(A B C)', '(D E)'),
  ...andOr('41', '(A B C D)', 'E'),
  ...andOr('211', '(A B)', 'C', 'D'),
  ...andOr('221', '(A B)', '(C D)', 'E'),
  ...andOr('311', '(A B C)', 'D', 'E'),
  ...andOr('2111', '(A B)', 'C', 'D', 'E'),
};

/** AND-OR, OR-AND and their inverses: `ao21`, `aoi21`, `oa21`, `oai21`. */
function andOr(digits: string, ...terms: readonly string[]): Record<string, string> {
  const sum = terms.join('+');
  const product = terms.map((term) => `(${term.slice(term.startsWith('(') ? 1 : 0).replace(')', '')})`);
  const dual = product.map((term) => term.replaceAll(' ', '+')).join('*');
  return {
    [`ao${digits}`]: sum,
    [`aoi${digits}`]: `!(${sum})`,
    [`oa${digits}`]: dual,
    [`oai${digits}`]: `!(${dual})`,
  };
}

/** A table with the inputs reordered: new input k is old input `order[k]`. */
export function permuteTable(table: number, order: readonly number[]): number {
  let result = 0;
  for (let row = 0; row < 32; row++) {
    let old = row & (-1 << order.length);
    order.forEach((from, to) => {
      old |= ((row >> to) & 1) << from;
    });
    result |= ((table >>> (old & 31)) & 1) << row;
  }
  return result;
}

/** All orders of the numbers 0 … count − 1. */
export function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((shorter) =>
    Array.from({ length: count }, (_, at) => [...shorter.slice(0, at), count - 1, ...shorter.slice(at)]),
  );
}

const ORDERS = Array.from({ length: INPUTS.length + 1 }, (_, count) => permutations(count));

/** The least table among all orders of the inputs: equal for cells that differ only in their pins' names. */
export function canonicalTable(table: number, inputs: number): number {
  return ORDERS[inputs]!.map((order) => permuteTable(table, order)).reduce((a, b) => Math.min(a, b));
}

const NAMES = new Map([
  [`${MUX4.inputs}:${MUX4.table}`, MUX4.name as string],
  ...Object.entries(EXPRESSIONS).map(([name, expression]): [string, string] => {
    const inputs = INPUTS.filter((input) => expression.includes(input));
    return [`${inputs.length}:${canonicalTable(truthTable(expression, inputs), inputs.length)}`, name];
  }),
]);

/** The common name of a function given by its canonical table; undefined if it has none. */
export function functionName(canonical: number, inputs: number): string | undefined {
  return NAMES.get(`${inputs}:${canonical}`);
}
