/** What can be said of a program's loops and registers before it runs. */
import type { Program } from '../../assembler/index.js';
import { type Code, KINDS } from '../timestamp/code.js';
import { isPlain } from '../timestamp/plain.js';

/** The stream whose backward jumps are looked at: the last that has any around more than arithmetic. −1: none. */
export function anchorsOf(
  code: Code,
  program: Program,
): { readonly stream: number; readonly anchors: Uint8Array } {
  const anchors = new Uint8Array(code.kind.length);
  let [stream, copies] = [-1, 0];
  for (const { start, length, count } of program.streams) {
    const jumps: number[] = [];
    for (let at = start; at < start + length; at++) if (closesLoop(code, at)) jumps.push(at);
    if (jumps.length > 0) {
      stream = copies;
      for (const at of jumps) anchors[at] = 1;
    }
    copies += count;
  }
  return { stream, anchors };
}

/** Whether an instruction may jump back over one that is not plain. */
function closesLoop(code: Code, at: number): boolean {
  if (!isPlain(code, at) || code.kind[at]! < KINDS.indexOf('b')) return false;
  for (let i = code.x[3 * at + 2]!; i < at; i++) if (!isPlain(code, i)) return true;
  return false;
}

/** Register slots, by stream, that name objects or parities: they repeat or nothing does. */
export function rigidSlots(code: Code, program: Program): ReadonlySet<number>[] {
  return program.streams.flatMap(({ start, length, count }) => {
    const slots = new Set<number>();
    for (let at = start; at < start + length; at++) for (const slot of rigidAt(code, at)) slots.add(slot);
    return Array.from({ length: count }, () => slots);
  });
}

function rigidAt(code: Code, at: number): number[] {
  const [load, store, mma, vector] = [code.loads[at], code.stores[at], code.mmas[at], code.vectors[at]];
  const convert = code.converts[at];
  const objects = [
    load?.stage,
    load?.barrier,
    store?.source,
    store?.barrier,
    mma?.accumulator,
    mma?.a,
    mma?.b,
    vector?.accumulator,
    vector?.other,
    convert?.destination,
    convert?.source,
    convert?.barrier,
    code.commits[at],
    code.barriers[at]?.barrier,
  ];
  const parity = code.barriers[at]?.source;
  return [
    ...objects.flatMap((object) => (object === undefined ? [] : [object.index])),
    ...(parity ? [parity] : []),
  ];
}
