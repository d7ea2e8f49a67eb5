/**
 * Adders with their carry network spelled out, bit by bit. Designs normally write `a.plus(b, { adder })`, which leaves
 * the network to the gate level; these modules are the same networks in emitted SystemVerilog, where they can be
 * proved equal to `+`.
 */
import {
  type AdderArchitecture,
  addBits,
  carryOutBits,
  concat,
  defineModule,
  fromBits,
  memoizedModule,
  type Word,
} from '../hdl/index.js';
import { wordAlgebra } from './algebra.js';

/** sum + 2^width·cout = a + b + cin, by the given carry network. Width in bits. */
export const prefixAdder = memoizedModule((width: number, architecture: AdderArchitecture) =>
  defineModule({
    name: `adder_${architecture.replace('-', '_')}_${width}`,
    summary: `{cout, sum} = a + b + cin, ${architecture} carries over ${width} bits`,
    inputs: { a: width, b: width, cin: 1 },
    body: (m, { a, b, cin }) => {
      const algebra = wordAlgebra(m);
      const [bitsA, bitsB] = [a.bitList(), b.bitList()];
      return {
        sum: fromBits(addBits(algebra, bitsA, bitsB, cin, architecture)),
        cout: carryOutBits(algebra, bitsA, bitsB, cin, architecture),
      };
    },
  }),
);

/**
 * a + b modulo 2^width with the carry chain cut above `chain` bits: the high part is added with and without a carry, and
 * the low part's carry chooses. Equal widths.
 * Source: O. J. Bedrij, "Carry-Select Adder", IRE Trans. EC-11, 1962.
 */
export function carrySelectSum(a: Word, b: Word, chain: number): Word {
  const { width } = a;
  if (width <= chain) return a.plus(b);
  const low = a.truncate(chain).zeroExtend(chain + 1);
  const sum = low.plus(b.truncate(chain).zeroExtend(chain + 1));
  const [highA, highB] = [a.slice(chain, width - chain), b.slice(chain, width - chain)];
  const one = a.context.constant(1, 1);
  const high = sum.bit(-1).choose(highA.plus(highB, { carryIn: one }), highA.plus(highB));
  return concat(high, sum.truncate(chain));
}
