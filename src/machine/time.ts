/**
 * Time. Cycles are whole where streams are concerned. How long bytes take may be a fraction; it is kept to nine
 * significant binary digits, an error of at most 0.2 %. Sums, differences and maxima of such times are exact in
 * double precision for runs of up to 2^35 cycles, so that a run that starts later is the same run, shifted: what the
 * extrapolation of repetitions rests on. Few digits also let fractions come back soon.
 */

const SIGNIFICANT_BITS = 9;

/** When something happens that does not. */
export const NEVER = Number.POSITIVE_INFINITY;

/** The nearest duration that can be kept. */
export function duration(cycles: number): number {
  if (!(cycles > 0)) return 0;
  const step = 2 ** (Math.floor(Math.log2(cycles)) - SIGNIFICANT_BITS + 1);
  return Math.round(cycles / step) * step;
}

/** How long bytes take at a rate. The last two answers are kept: most requests are for a load or a store of one size. */
export class Rate {
  private bytes = 0;
  private cycles = 0;
  private otherBytes = 0;
  private otherCycles = 0;

  constructor(readonly bytesPerCycle: number) {}

  cyclesFor(bytes: number): number {
    if (bytes === this.bytes) return this.cycles;
    const { bytes: otherBytes, cycles: otherCycles } = this;
    this.bytes = bytes;
    this.cycles = bytes === this.otherBytes ? this.otherCycles : duration(bytes / this.bytesPerCycle);
    this.otherBytes = otherBytes;
    this.otherCycles = otherCycles;
    return this.cycles;
  }
}
