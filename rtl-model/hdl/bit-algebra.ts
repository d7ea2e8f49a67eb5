/**
 * What a "bit" must be able to do for a circuit to be written over it.
 *
 * The circuits of `circuits.ts` are written once over this interface. The bit-blaster runs them on gates; the
 * library runs them on one-bit words, which gives the same structure with names, in readable SystemVerilog.
 */
export interface BitAlgebra<B> {
  readonly zero: B;
  readonly one: B;
  not(a: B): B;
  and(a: B, b: B): B;
  or(a: B, b: B): B;
  xor(a: B, b: B): B;
  /** `whenOne` if select is 1, else `whenZero`. */
  mux(select: B, whenOne: B, whenZero: B): B;
}

/** Bits of a word, least significant first. */
export type Bits<B> = readonly B[];
