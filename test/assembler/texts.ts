/** Random texts for the tests of the assembler: without order, with the words of the language, and nearly programs. */
import { INSTRUCTIONS } from '../../isa/index.js';
import { DIRECTIVES } from '../../src/assembler/index.js';
import type { Random } from '../../src/numerics/index.js';
import { GEMM } from './support.js';

/** A program in which macros, repetitions and conditions make almost everything. */
export const MACRO_GEMM = `.param STAGES, 2
.param EPILOGUE, 1
.equ T, 32
.macro operand name, seed, stages=STAGES
.tensor \\name, nvfp4, T x 128, normal(\\seed)
.smem \\name\\()s, nvfp4, T x 64, stages=\\stages
.endm
  operand A, 1
  operand seed=2, name=B
.tensor D, fp32, T x T, out
.acc acc, T x T
.barrier full[STAGES]
.barrier empty[STAGES]
.barrier stored
.grid 1, 1
.macro advance stage, parity
        add \\stage, \\stage, 1
        blt \\stage, STAGES, .same\\@
        mov \\stage, 0
        xor \\parity, \\parity, 1
.same\\@: nop
.endm
.stream producer
        mov r11, 1
        tile.next r1, r2, .over
.rept 2, step                   ; two steps along K
        mov r3, \\step * 64
        bar.wait empty[r10], r11
        bar.expect full[r10], sizeof(As) + sizeof(Bs)
        ld.tile As[r10], A[r1, r3], full[r10]
        ld.tile Bs[r10], B[r2, r3], full[r10]
        advance r10, r11
.endr
.over:  halt
.endstream
.stream consumer
        tile.next r1, r2, .over
.rept 2, step
        bar.wait full[r10], r11
.if \\step == 0
        mma acc, As[r10], Bs[r10], init
.else
        mma acc, As[r10], Bs[r10]
.endif
        mma.commit empty[r10]
        advance r10, r11
.endr
        mma.wait 0
.if EPILOGUE > 1
        acc.act.silu acc
.elseif EPILOGUE
        acc.scale acc, A, B
.endif
        st.tile D[r1, r2], acc, stored
        bar.wait stored, r0
.over:  halt
.endstream
`;

const PROGRAMS = [GEMM, MACRO_GEMM];
const LINES = PROGRAMS.flatMap((text) => text.split('\n'));
const WORDS = [
  ...INSTRUCTIONS.map(({ mnemonic }) => mnemonic),
  ...DIRECTIVES.keys(),
  ...PROGRAMS.join('\n').match(/\\?[A-Za-z_.%][\w.]*|\d+|[^\s\w]/g)!,
  ...'x 0x 0b1 " "a" #k << ? : \\ \\@ \\() \t \r \u{1f600} \ud800 \0 1e9'.split(' '),
  '9'.repeat(20),
];

const pick = <T>(random: Random, list: readonly T[]): T => list[random.uint32() % list.length]!;

/** Characters without any order. */
export function noise(random: Random): string {
  const codes = Array.from({ length: random.uint32() % 120 }, () =>
    random.uint32() % 4 === 0 ? random.uint32() % 0x10000 : random.uint32() % 128,
  );
  return String.fromCharCode(...codes);
}

/** Words of the language without any order. */
export function babble(random: Random): string {
  const words = Array.from({ length: random.uint32() % 60 }, () => pick(random, WORDS));
  return words.map((word) => word + pick(random, ['', ' ', ' ', ', ', '\n'])).join('');
}

/** A program with a few characters, words or lines changed. */
export function mutant(random: Random): string {
  let text = pick(random, PROGRAMS);
  for (let i = 1 + (random.uint32() % 4); i > 0; i--) text = pick(random, MUTATIONS)(text, random);
  return text;
}

const MUTATIONS: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => {
    const at = random.uint32() % text.length;
    return text.slice(0, at) + text.slice(at + 1 + (random.uint32() % 3));
  },
  (text, random) => {
    const at = random.uint32() % text.length;
    return text.slice(0, at) + pick(random, WORDS) + text.slice(at);
  },
  (text, random) => {
    const words = [...text.matchAll(/[\w.%]+/g)];
    const { 0: word, index } = pick(random, words);
    return text.slice(0, index) + pick(random, WORDS) + text.slice(index + word.length);
  },
  (text, random) => {
    const lines = text.split('\n');
    lines.splice(random.uint32() % lines.length, random.uint32() % 2, pick(random, LINES));
    return lines.join('\n');
  },
];
