import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  INSTRUCTION_BY_OPCODE,
  INSTRUCTIONS,
  type Instruction,
  type OperandMap,
} from '../../isa/index.js';
import {
  assemble,
  disassemble,
  encodeProgram,
  type ListedLine,
  listing,
  type Program,
  readObject,
  writeObject,
} from '../../src/assembler/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { instructionOf, type Ranges } from '../isa/operands.js';
import { assembled, GEMM, meaningOf, optionsOf, PROGRAMS, SHIPPED } from './support.js';

const OBJECTS = 3;
const RANGES = (targets: readonly [number, number]): Ranges => ({ objects: OBJECTS, stages: 4, targets });

/** A program that declares what the instructions of `RANGES` name. */
const SHELL = assembled(
  `${[0, 1, 2]
    .map(
      (i) =>
        `.tensor T${i}, nvfp4, 64x64, normal(${i})\n.smem S${i}, nvfp4, 64x64, stages=4\n.acc X${i}, 64x64, stages=4\n.barrier B${i}[4]\n`,
    )
    .join('')}.grid 1, 1\n.stream s\nhalt\n.endstream\n`,
);
const HALT = SHELL.instructions[0]!;

/** The shell with other instructions, in streams of the given lengths. */
function programOf(streams: readonly (readonly Instruction[])[]): Program {
  let start = 0;
  const declarations = streams.map(({ length }, i) => {
    const stream = { ...SHELL.streams[0]!, name: `s${i}`, start, length };
    start += length;
    return stream;
  });
  const instructions = streams.flat();
  return {
    ...SHELL,
    streams: declarations,
    instructions,
    spans: instructions.map(() => SHELL.spans[0]!),
    labels: new Map(),
  };
}

/** Words to instructions, as a machine that reads an object file sees them. */
function decoded(program: Program): Instruction[] {
  return [...encodeProgram(program)].map((word) => decode(word, INSTRUCTION_BY_OPCODE));
}

/** The program of its disassembly; none if it names objects, stages or targets that there are not. */
function assembleUnlessUndeclared(program: Program): { program: Program | undefined } {
  try {
    return assemble(disassemble(program), 'test.s');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return { program: undefined };
  }
}

const stripped = ({ modifiers, operands, spec }: Instruction) => [
  spec.mnemonic,
  modifiers,
  operands as OperandMap,
];

describe('text and words', () => {
  it.each(INSTRUCTIONS.map((spec) => [spec.mnemonic, spec] as const))(
    'of %s turn into each other without loss',
    (_, spec) => {
      fc.assert(
        fc.property(instructionOf(spec, RANGES([0, 1])), (instruction) => {
          const program = programOf([[instruction, HALT]]);
          const text = disassemble(program);
          const again = assembled(text);
          expect(again.instructions.map(stripped)).toEqual(program.instructions.map(stripped));
          expect(again.instructions.map(encode)).toEqual(program.instructions.map(encode));
          expect(decoded(again).map(stripped)).toEqual(again.instructions.map(stripped));
          expect(disassemble({ ...again, instructions: decoded(again) })).toBe(text);
        }),
        { seed: 11, numRuns: 100 },
      );
    },
  );

  it('of whole random programs turn into each other without loss', () => {
    const stream = (start: number, length: number) =>
      fc.tuple(
        ...Array.from({ length }, () =>
          fc
            .constantFrom(...INSTRUCTIONS)
            .chain((spec) => instructionOf(spec, RANGES([start, start + length]))),
        ),
      );
    const lengths = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }));
    const programs = lengths.chain(([a, b]) =>
      fc.tuple(stream(0, a), stream(a + 1, b)).map(([first, second]) =>
        programOf([
          [...first, HALT],
          [...second, HALT],
        ]),
      ),
    );
    fc.assert(
      fc.property(programs, (program) => {
        const text = disassemble(program);
        const again = assembled(text);
        expect(again.instructions.map(encode)).toEqual(program.instructions.map(encode));
        expect(again.streams.map(({ start, length }) => [start, length])).toEqual(
          program.streams.map(({ start, length }) => [start, length]),
        );
        expect(disassemble({ ...again, instructions: decoded(again) })).toBe(text);
        expect(disassemble(readObject(writeObject(again), 'test.o'))).toBe(text);
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it('of any word that decodes and names what is declared turn into each other', () => {
    const opcodes = INSTRUCTIONS.map(({ opcode }) => BigInt(opcode));
    const words = fc
      .tuple(fc.constantFrom(...opcodes), fc.bigInt(0n, (1n << 56n) - 1n), fc.integer({ min: 8, max: 64 }))
      .map(([opcode, rest, width]) => (opcode | (rest << 8n)) & ((1n << BigInt(width)) - 1n));
    let checked = 0;
    fc.assert(
      fc.property(words, (word) => {
        let instruction: Instruction;
        try {
          instruction = decode(word, INSTRUCTION_BY_OPCODE);
        } catch {
          return;
        }
        const { program } = assembleUnlessUndeclared(programOf([[instruction, HALT]]));
        if (program === undefined) return;
        checked++;
        expect(encodeProgram(program)[0]).toBe(word);
      }),
      { seed: 14, numRuns: 20_000 },
    );
    expect(checked).toBeGreaterThan(1_000);
  });

  it('of a program keep its declarations, labels and parameters', () => {
    const program = assembled(GEMM);
    const text = disassemble(program);
    const again = assembled(text);
    expect(meaningOf(again)).toEqual(meaningOf(program));
    expect(encodeProgram(again)).toEqual(encodeProgram(program));
    expect(disassemble(again)).toBe(text);
  });

  it.each(SHIPPED)('of programs/%s too', (name) => {
    const program = assembled(readFileSync(join(PROGRAMS, name), 'utf8'), optionsOf(name));
    const text = disassemble(program);
    expect(meaningOf(assembled(text))).toEqual(meaningOf(program));
    expect(encodeProgram(assembled(text))).toEqual(encodeProgram(program));
    expect(disassemble(readObject(writeObject(program), 'test.o'))).toBe(text);
  });

  it('of a program with set parameters come back with the same settings', () => {
    const set = new Map([
      ['M', 512],
      ['K', 64],
    ]);
    const program = assembled(GEMM, { set });
    const text = disassemble(program);
    expect(text).toContain('.param M, 256 ; set to 512\n.param N, 256\n.param K, 512 ; set to 64\n');
    expect(meaningOf(assembled(text, { set }))).toEqual(meaningOf(program));
    expect(encodeProgram(assembled(text))).toEqual(encodeProgram(program));
    expect(disassemble(assembled(text, { set }))).toBe(text);
  });

  it('keep every kind of tensor source, whatever the path and key', () => {
    const string = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(string, fc.option(string, { nil: undefined }), fc.boolean(), (path, key, tiled) => {
        const source = { kind: 'file' as const, path, tiled, ...(key === undefined ? {} : { key }) };
        const program: Program = { ...SHELL, tensors: [{ ...SHELL.tensors[0]!, source }] };
        const again = assembled(disassemble(program));
        expect(again.tensors[0]!.source).toEqual(source);
        expect(meaningOf(readObject(writeObject(program), 'test.o'))).toEqual(meaningOf(program));
      }),
      { seed: 13, numRuns: 300 },
    );
    const others =
      '.tensor A, bf16, 1x1, uniform(3)\n.tensor B, bf16, 1x1, student(4, 5)\n.tensor C, bf16, 1x1, zeros\n';
    const program = assembled(`${others}.grid 1, 1, column\n.machine "a b"\n.stream s\nhalt\n.endstream\n`);
    expect(meaningOf(assembled(disassemble(program)))).toEqual(meaningOf(program));
    expect(program.tensors.map(({ source }) => source)).toEqual([
      { kind: 'uniform', seed: 3 },
      { kind: 'student', degrees: 4, seed: 5 },
      { kind: 'zeros' },
    ]);
  });
});

describe('the disassembly', () => {
  it('is the canonical text', () => {
    expect(disassemble(assembled(GEMM))).toMatchInlineSnapshot(`
      ".machine fp4core

      .param M, 256
      .param N, 256
      .param K, 512

      .tensor A, nvfp4, 256x512, normal(1)
      .tensor B, nvfp4, 256x512, tiled("data/lm.safetensors"#block.q.weight)
      .tensor D, fp32, 256x256, out
      .smem As, nvfp4, 128x64, stages=3
      .smem Bs, nvfp4, 128x64, stages=3
      .acc acc, 128x128
      .barrier full[3]
      .barrier empty[3], arrivals=2

      .grid 2, 2, swizzle(4)

      .stream producer
      again:
        tile.next r1, r2, done
        mov r3, 0
        mov r4, 0
        mul r1, r1, 128
      .k:
        bar.wait empty[r4], r7
        bar.expect full[r4], 9216
        ld.tile As[r4], A[r1, r3], full[r4]
        ld.tile Bs[r4], B[r2, r3], full[r4]
        add r3, r3, 64
        blt r3, 512, .k
        b again
      done:
        halt
      .endstream

      .stream consumer, count=2
      .t:
        tile.next r1, r2, .done
        mma.blackwell_mxf4nvf4 acc, As[r4], Bs[r4], init
        mma acc, As[0], Bs[2], r5
        mma.commit
        mma.commit empty[1]
        mma.wait 0
        acc.scale acc, A, B
        acc.act.relu acc
        acc.cvt.bf16 acc
        st.tile D[r0, r1], acc
        b .t
      .done:
        halt
      .endstream
      "
    `);
  });

  it('invents labels where the source has none', () => {
    const again = assembled(disassemble({ ...assembled(GEMM), labels: new Map() }));
    expect([...again.labels.keys()]).toEqual(['L0', 'L4', 'L11', 'L12', 'L23']);
    expect([...again.labels.values()]).toEqual([0, 4, 11, 12, 23]);
    expect(encodeProgram(again)).toEqual(encodeProgram(assembled(GEMM)));
  });

  it('leaves out labels that are out of their scope', () => {
    const program = assembled('.grid 1, 1\n.stream s\nnop\nnop\nhalt\n.endstream\n');
    const labels = new Map([
      ['a.x', 1],
      ['b.x', 2],
    ]);
    expect(disassemble({ ...program, labels })).toBe(disassemble(program));
  });

  it('invents labels that no stream is called', () => {
    const text = '.grid 1, 1\n.stream L\nx: b x\n.endstream\n.stream L_1\ny: b y\n.endstream\n';
    const program = { ...assembled(text), labels: new Map() };
    expect(encodeProgram(assembled(disassemble(program)))).toEqual(encodeProgram(program));
  });

  it('refuses an object that is not declared, by name', () => {
    const program = { ...assembled(GEMM), barriers: [] };
    expect(() => disassemble(program)).toThrow('instruction 4 names barrier 1, which is not declared');
  });
});

/** The listing of a text, and its program. */
function listed(text: string): { program: Program; text: string } {
  const lines: ListedLine[] = [];
  const { program } = assemble(text, 'test.s', { onLine: (line) => lines.push(line) });
  return { program: program!, text: listing(program!, lines) };
}

describe('the listing', () => {
  it('shows address, word and source', () => {
    const text = '.grid 1, 1\n.stream s\n  mov r1, 5 ; five\n  halt\n.endstream\n';
    expect(listed(text).text).toMatchInlineSnapshot(`
      "address  word              line  source
                                    1  .grid 1, 1
                                    2  .stream s
      0000     000000000002a101     3    mov r1, 5 ; five
      0001     0000000000000017     4    halt
                                    5  .endstream
      "
    `);
  });

  it('has the word of every instruction once, in order', () => {
    const { program, text } = listed(GEMM);
    const words = [...text.matchAll(/^[0-9a-f]{4} +([0-9a-f]{16}) /gm)].map(([, hex]) => BigInt(`0x${hex}`));
    expect(words).toEqual([...encodeProgram(program)]);
  });

  it('shows what expansion makes behind the line that asked for it, with parameters replaced', () => {
    const text =
      '.macro twice what\n.rept 2, i\n  \\what r1, \\i\n.endr\n.endm\n.grid 1, 1\n.stream s\n.if 0\n  nop\n.endif\n  twice mov\n  halt\n.endstream\n';
    expect(listed(text).text).toMatchInlineSnapshot(`
      "address  word              line  source
                                    1  .macro twice what
                                    2  .rept 2, i
                                    3    \\what r1, \\i
                                    4  .endr
                                    5  .endm
                                    6  .grid 1, 1
                                    7  .stream s
                                    8  .if 0
                                    9    nop
                                   10  .endif
                                   11    twice mov
                                    2  | .rept 2, i
                                    3  |   mov r1, \\i
                                    4  | .endr
      0000     0000000000002101     3  | |   mov r1, 0
      0001     000000000000a101     3  | |   mov r1, 1
      0002     0000000000000017    12    halt
                                   13  .endstream
      "
    `);
  });
});
