/** How every bench plays vectors, whatever language it is written in. */

/** Results that a device may owe. */
export const PENDING = 1024;
/** Idle edges after the last vector of a class, after which a result counts as missing. */
export const TIMEOUT_EDGES = 8192;
/** Vectors before a mismatch that are played again for its waveform. */
export const PLAYED_BEFORE = 32;

/**
 * Where idle edges are: in every other 32 vectors, at random from a hash of the vector's number, so that a run from
 * the middle has them in the same places. The hash is lowbias32 (C. Wellons, hash-prospector): x ^= x >> shift;
 * x *= factor.
 */
export const BUBBLE_RULE = {
  every: 32,
  sixteenths: 4,
  mix: [
    [16, 0x7feb352d],
    [15, 0x846ca68b],
    [16, undefined],
  ],
} as const;
