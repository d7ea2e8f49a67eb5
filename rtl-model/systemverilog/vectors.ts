/**
 * Recorded behaviour of a design: what went in and what every output and register was, cycle by cycle, in several
 * independent runs from reset. The generated testbenches check a simulator against it.
 */
import { type ProbeLayout, wordsOfField } from './probe.js';

export interface Vectors {
  readonly layout: ProbeLayout;
  /** Independent runs, each from reset. */
  readonly lanes: number;
  /** Clock cycles of each run. */
  readonly cycles: number;
  /** Inputs: `inputWords` words a cycle, cycle after cycle, lane after lane. */
  readonly stimulus: Uint32Array;
  /** Outputs and registers before the clock edge of the cycle: `stateWords` words a cycle, in the same order. */
  readonly expected: Uint32Array;
}

/** A bit that a simulator disagrees on. */
export interface Mismatch {
  readonly lane: number;
  readonly cycle: number;
  /** Output port or register. */
  readonly field: string;
  /** Hexadecimal, of the 32-bit word in question; a fourth-valued simulator may show x. */
  readonly expected: string;
  readonly found: string;
}

/** The field in which a state word lies. */
export function fieldAt(layout: ProbeLayout, word: number): string {
  const field = layout.state.find((f) => word >= f.word && word < f.word + wordsOfField(f));
  return field?.name ?? `word ${word}`;
}

/** Words that a recording of this many lanes and cycles has in `expected`. */
export const wordsOfState = ({ layout, lanes, cycles }: Vectors) => lanes * cycles * layout.stateWords;

/** Records of so many words each, every record most significant byte first: what `$fread` reads as one wide word. */
export function bigEndianRecords(words: Uint32Array, wordsPerRecord: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  for (let start = 0; start < words.length; start += wordsPerRecord) {
    for (let i = 0; i < wordsPerRecord; i++) {
      bytes.setUint32(4 * (start + i), words[start + wordsPerRecord - 1 - i]!);
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** The words as bytes, least significant first. */
export function littleEndian(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
