/**
 * Banks of the shared memory: how many times longer an operand takes to read because rows meet in a bank.
 *
 * A beat reads a piece of each of eight neighbouring rows, together as wide as all banks. Rows that are not wider than
 * `swizzleBytes` are stored so that eight pieces never meet, as bulk copies lay them out; wider rows lie one behind the
 * other, and every bank that several pieces need serves them in turn:
 *
 *   pitch 128 B, 32 banks × 4 B, no swizzle: all eight pieces of 16 B begin in bank 0, so that a beat takes eight cycles
 *
 * Not modelled: conflicts between units, between the two operands of an MMA, and of writes.
 */
import type { BankFigures } from './model.js';

const ROWS = 8;

/** Cycles of a beat that reads rows at this pitch, in bytes; 1 without conflicts. */
export function conflictDegree({ count, wordBytes, swizzleBytes }: BankFigures, pitchBytes: number): number {
  if (pitchBytes <= swizzleBytes.value) return 1;
  const words = Math.max(1, Math.floor(count.value / ROWS));
  const serves = new Array<number>(count.value).fill(0);
  for (let row = 0; row < ROWS; row++) {
    const first = Math.floor((row * pitchBytes) / wordBytes.value);
    for (let word = first; word < first + words; word++) serves[word % count.value]!++;
  }
  return Math.max(...serves);
}
