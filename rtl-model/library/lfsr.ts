/**
 * Linear feedback shift registers in Galois form, for stimulus and for stochastic rounding.
 * Taps are primitive polynomials, so a register of w bits visits all 2^w − 1 non-zero states.
 * Source: P. Alfke, "Efficient Shift Registers, LFSR Counters, and Long Pseudo-Random Sequence Generators", Xilinx
 * XAPP052, table 3.
 */
import { ConfigurationError } from '../../src/numerics/index.js';
import { CLOCK, concat, defineModule, memoizedModule, type Word } from '../hdl/index.js';

/** Positions (1 = least significant) of the taps of a maximal-length register, by width. */
const TAPS: Readonly<Record<number, readonly number[]>> = {
  3: [3, 2],
  4: [4, 3],
  5: [5, 3],
  8: [8, 6, 5, 4],
  16: [16, 15, 13, 4],
  24: [24, 23, 22, 17],
  32: [32, 22, 2, 1],
  64: [64, 63, 61, 60],
  128: [128, 126, 101, 99],
};

/** The state after `state`: shifted toward bit 0; a one that leaves flips the tapped bits. */
export function nextLfsrState(state: Word): Word {
  const taps = TAPS[state.width];
  if (taps === undefined) {
    throw new ConfigurationError(
      `no LFSR of ${state.width} bits`,
      `Known widths: ${Object.keys(TAPS).join(', ')}.`,
    );
  }
  const leaving = state.bit(0);
  const shifted = concat(leaving.context.constant(1, 0), state.slice(1, state.width - 1));
  const mask = taps.reduce((sum, position) => sum | (1n << BigInt(position - 1)), 0n);
  return shifted.xor(leaving.repeat(state.width).and(mask));
}

/** A free-running LFSR with an enable; `seed` (non-zero) is the state after reset. */
export const lfsr = memoizedModule((width: number, seed: bigint) =>
  defineModule({
    name: `lfsr_${width}_${seed.toString(16)}`,
    summary: `Galois LFSR of ${width} bits, period 2^${width} - 1`,
    clock: CLOCK,
    inputs: { en: 1 },
    body: (m, { en }) => {
      const state = m.feedbackRegister('state', width, { stage: 'lfsr', enable: en, reset: seed });
      m.setNext(state, nextLfsrState(state));
      return { q: state };
    },
  }),
);
