/**
 * Adders with their carry network spelled out, bit by bit. Designs normally write `a.plus(b, { adder })`, which leaves
 * the network to the gate level; these modules are the same networks in emitted SystemVerilog, where they can be
 * proved equal to `+`.
 */
import {
  type AdderArchitecture,
  addBits,
  carryOutBits,
  defineModule,
  fromBits,
  memoizedModule,
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
