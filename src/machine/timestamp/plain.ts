/** What the instructions do that only compute on registers and go on somewhere; and the registers of a tile. */
import type { WorkItem } from '../tile-scheduler.js';
import { type Code, KINDS, Slots } from './code.js';

/** Code of the first kind that is more than that. */
export const FIRST_LONG = KINDS.indexOf('nop');

/** Whether an instruction only computes on registers and goes on somewhere. */
export function isPlain({ kind }: Code, at: number): boolean {
  return kind[at]! < FIRST_LONG;
}

/** What a plain instruction does to the registers that begin at `base`; returns where its stream goes on. */
export function compute(code: Code, at: number, r: Int32Array, base: number): number {
  const { x } = code;
  const p = x[3 * at]!;
  const q = x[3 * at + 1]!;
  const t = x[3 * at + 2]!;
  let next = at + 1;
  switch (code.kind[at]) {
    case 0: // mov
      r[base + p] = r[base + q]!;
      break;
    case 1: // add
      r[base + p] = r[base + q]! + r[base + t]!;
      break;
    case 2: // sub
      r[base + p] = r[base + q]! - r[base + t]!;
      break;
    case 3: // mul
      r[base + p] = Math.imul(r[base + q]!, r[base + t]!);
      break;
    case 4: // and
      r[base + p] = r[base + q]! & r[base + t]!;
      break;
    case 5: // or
      r[base + p] = r[base + q]! | r[base + t]!;
      break;
    case 6: // xor
      r[base + p] = r[base + q]! ^ r[base + t]!;
      break;
    case 7: // shl
      r[base + p] = r[base + q]! << r[base + t]!;
      break;
    case 8: // shr
      r[base + p] = r[base + q]! >>> r[base + t]!;
      break;
    case 9: // min
      r[base + p] = Math.min(r[base + q]!, r[base + t]!);
      break;
    case 10: // max
      r[base + p] = Math.max(r[base + q]!, r[base + t]!);
      break;
    case 11: // slt
      r[base + p] = Number(r[base + q]! < r[base + t]!);
      break;
    case 12: // sltu
      r[base + p] = Number(r[base + q]! >>> 0 < r[base + t]! >>> 0);
      break;
    case 13: // b
      next = t;
      break;
    case 14: // beq
      if (r[base + p] === r[base + q]) next = t;
      break;
    case 15: // bne
      if (r[base + p] !== r[base + q]) next = t;
      break;
    case 16: // blt
      if (r[base + p]! < r[base + q]!) next = t;
      break;
    case 17: // bge
      if (r[base + p]! >= r[base + q]!) next = t;
      break;
    case 18: {
      // loop
      const left = (r[base + p]! - 1) | 0;
      r[base + q] = left;
      if (left !== 0) next = t;
      break;
    }
  }
  return next;
}

/** Writes the coordinates of a tile to the registers of a `tile.next`. */
export function writeTile({ x }: Code, at: number, r: Int32Array, base: number, item: WorkItem): void {
  const { m, n } = item;
  r[base + x[3 * at]!] = m;
  r[base + x[3 * at + 1]!] = n;
  r[base + Slots.tileM] = m;
  r[base + Slots.tileN] = n;
  r[base + Slots.tileK0] = item.k0;
  r[base + Slots.tileK1] = item.k1;
  r[base + Slots.tilePart] = item.part;
  r[base + Slots.tileParts] = item.parts;
}
