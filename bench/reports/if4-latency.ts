/**
 * What "+4.7 % latency" of IF4 over NVFP4 may mean: the delays of the published RTL, measured with open tools, read in
 * every way that gives one number.
 */
import { markdownTable, signed } from '../../src/mac-report/index.js';

/**
 * mit-han-lab/fouroversix dadfad6 with other people's FP32 blocks; Yosys 0.23, abc, OpenSTA 2.0.17; ns. `lane` is one lane
 * with its scale product, in context; each pair NVFP4, then IF4.
 */
const NANGATE45 = { period: [4.3, 4.09], lane: [1.45, 3.33], add: 3.74 } as const;
const ASAP7 = { period: [2.507, 2.499], scaleProduct: [0.55, 1.3] } as const;
/** Additions in series after the last block: log2 of 16 lanes. */
const REDUCTIONS = 4;

export const CLAIMED_LATENCY = 1.047;

const ratio = ([nvfp4, if4]: readonly [number, number]) => signed(if4 / nvfp4);

/** One multiply stage and a number of additions after it. */
function through(additions: number): [number, number] {
  const { lane, add } = NANGATE45;
  return [lane[0] + additions * add, lane[1] + additions * add];
}

/** How many additions in series dilute the multiply stage's difference to the claimed number. */
function additionsOfClaim(): number {
  const { lane, add } = NANGATE45;
  return ((lane[1] - lane[0]) / (CLAIMED_LATENCY - 1) - lane[0]) / add;
}

/** The section of the report. */
export function latencySection(): string {
  const additions = additionsOfClaim();
  const blocks = Math.round(additions) - REDUCTIONS;
  const rows = [
    ['clock period, Nangate45', ratio(NANGATE45.period)],
    ['clock period, ASAP7', ratio(ASAP7.period)],
    ['scale product alone, ASAP7', ratio(ASAP7.scaleProduct)],
    ['multiply stage alone, Nangate45', ratio(NANGATE45.lane)],
    ['multiply and one addition, Nangate45', ratio(through(1))],
    [`one block to its result: multiply, ${1 + REDUCTIONS} additions`, ratio(through(1 + REDUCTIONS))],
    [
      `${blocks} blocks (K = ${16 * blocks}): multiply, ${blocks + REDUCTIONS} additions`,
      ratio(through(blocks + REDUCTIONS)),
    ],
    [`64 blocks (K = 1024): multiply, ${64 + REDUCTIONS} additions`, ratio(through(64 + REDUCTIONS))],
  ];
  return `${markdownTable(['reading of "latency"', 'IF4 over NVFP4'], rows)}

- The period is that of one FP32 addition (${NANGATE45.add} ns of ${NANGATE45.period[0]} on Nangate45), in both formats. Everything that IF4 adds sits
  in the multiply stage before it and stays hidden while that stage is the shorter one: ${NANGATE45.lane[1]} ns against ${NANGATE45.add}. A latency
  counted in clocks shows nothing, and cycles are the same.
- Counted without clocks, the multiply stage more than doubles, and is then diluted by additions in series. ${signed(CLAIMED_LATENCY)} is what
  ${additions.toFixed(1)} additions make of it: ${blocks} blocks and the ${REDUCTIONS} of the reduction. So the number needs two assumptions: that stages
  count at their own delays, and that a dot product is about that short. No clock period gives it.
- A flow with a faster FP32 adder moves the period to the multiply stage, and IF4 then pays most of the doubling: the
  published structure has no slack to give.`;
}
