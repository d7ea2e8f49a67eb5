/** What is measured: groups of candidates that run in turn, and the ratios that are reported with their goals. */
import { adversarialTile, DOT_SEMANTICS, semanticOf, stepOf } from '../../src/dot/index.js';
import { blockFormatOf, quantize } from '../../src/formats/index.js';
import {
  createNativeKernels,
  createWasmKernels,
  type Kernels,
  type NativeLibrary,
  type NativeOptions,
  quantizeFast,
  type TileOperand,
  typescriptKernels,
} from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import { COMBINATIONS, formatOf } from './combinations.js';
import type { Candidate } from './measure.js';
import { bareElements, gaussianMatrix, ordinary, ordinaryElements, worstCase } from './operands.js';
import type { Peer } from './peers.js';

export interface Goal {
  readonly what: string;
  readonly name: string;
  readonly against: string;
  readonly floor: number;
  readonly aim: number;
}

export interface Suite {
  readonly title: string;
  readonly unit: string;
  readonly candidates: readonly Candidate[];
  readonly goals: readonly Goal[];
}

/** Rows, columns and K of the matrix products: 1024 columns and K, few enough rows for runs of a millisecond. */
export const SHAPE = [96, 1024, 1024] as const;
/** Rows for the slower kernels, whose runs would be longer. */
const SLOW_ROWS = 12;
const GIGA = 1e9;
const BLACKWELL = 'blackwell-mxf4nvf4';

function product(name: string, engine: Kernels, semantic: string, a: TileOperand, b: TileOperand): Candidate {
  const rule = semanticOf(semantic);
  const [x, y] = [engine.prepare(a, 'a', rule), engine.prepare(b, 'b', rule)];
  const acc = engine.accumulator(rule, a.format, b.format, a.rows, b.rows);
  return {
    name,
    work: (a.rows * b.rows * a.depth) / GIGA,
    run: () => engine.accumulate(acc, x, y, true),
  };
}

/** Rows of an operand, from the first. */
function top(operand: TileOperand, rows: number): TileOperand {
  return {
    ...operand,
    rows,
    codes: operand.codes.slice(0, rows * operand.depth),
    scales: operand.scales.slice(0, (operand.scales.length / operand.rows) * rows),
  };
}

/** Decoding, packing and the product; `read` included. */
function endToEnd(engine: Kernels, a: TileOperand, b: TileOperand): Candidate {
  const rule = semanticOf(BLACKWELL);
  return {
    name: 'native, operands not prepared',
    work: (a.rows * b.rows * a.depth) / GIGA,
    run: () => {
      const [x, y] = [engine.prepare(a, 'a', rule), engine.prepare(b, 'b', rule)];
      const acc = engine.accumulator(rule, a.format, b.format, a.rows, b.rows);
      engine.accumulate(acc, x, y, true);
      engine.read(acc);
      x.release();
      y.release();
    },
  };
}

function bareOnes(elements: typeof bareElements): readonly [TileOperand, TileOperand] {
  return [elements('e4m3', SHAPE[0], SHAPE[2], 5), elements('e4m3', SHAPE[1], SHAPE[2], 6)];
}

/** The native engine's products: tiers, semantics, the limit of the core and the peers. */
export function nativeProducts(library: NativeLibrary, peers: readonly Peer[]): Suite {
  const one = (options: NativeOptions = {}) => createNativeKernels(library, { threads: 1, ...options });
  const [a, b] = [ordinary('nvfp4', SHAPE[0], SHAPE[2], 1), ordinary('nvfp4', SHAPE[1], SHAPE[2], 2)];
  const [worstA, worstB] = [worstCase(a, 3), worstCase(b, 4)];
  const [e4m3A, e4m3B] = bareOnes(ordinaryElements);
  const [wideA, wideB] = bareOnes(bareElements);
  const slower = library.engines().slice(1, 2);
  const matmuls = peers.map(
    (peer): Candidate => ({
      name: `${peer.module} fp32 matmul`,
      work: (SHAPE[0] * SHAPE[1] * SHAPE[2]) / GIGA,
      run: () => peer.time('matmul'),
    }),
  );
  return {
    title: `Matrix products, ${SHAPE.join(' × ')}, one thread`,
    unit: 'GMAC/s',
    candidates: [
      {
        name: 'byte dot product peak',
        work: (library.dotPeak(1) * 4096) / GIGA,
        run: () => void library.dotPeak(4096),
      },
      product('native', one(), BLACKWELL, a, b),
      ...matmuls,
      product('double tier', one({ leastTier: 1 }), BLACKWELL, top(a, 4 * SLOW_ROWS), b),
      product('cutting tier', one({ leastTier: 2 }), BLACKWELL, top(a, 2 * SLOW_ROWS), b),
      product('random scale codes', one(), BLACKWELL, top(worstA, 2 * SLOW_ROWS), worstB),
      ...slower.map((instructions) =>
        product(`native on ${instructions}`, one({ instructions }), BLACKWELL, a, b),
      ),
      product('exact', one(), 'exact', top(a, 4 * SLOW_ROWS), b),
      product('fp32-per-block', one(), 'fp32-per-block', a, b),
      product('published-mac', one(), 'published-mac', top(a, SLOW_ROWS), b),
      product('hopper-wgmma-fp8 (F = 13)', one(), 'hopper-wgmma-fp8', e4m3A, e4m3B),
      product('blackwell-f8f6f4 (F = 25)', one(), 'blackwell-f8f6f4', e4m3A, e4m3B),
      product('F = 13, random codes', one(), 'hopper-wgmma-fp8', wideA, wideB),
      product('F = 25, random codes', one(), 'blackwell-f8f6f4', wideA, wideB),
    ],
    goals: [
      ...peers.map(({ module }) =>
        goal(`NVFP4, operands prepared, against ${module} fp32`, 'native', `${module} fp32 matmul`, 1, 1.8),
      ),
      goal('against the byte dot product peak', 'native', 'byte dot product peak', 0.25, 0.4),
      goal('random scale codes against the fast tier', 'random scale codes', 'native', 0.15, 0.4),
      ...[
        'exact',
        'published-mac',
        'hopper-wgmma-fp8 (F = 13)',
        'blackwell-f8f6f4 (F = 25)',
        'F = 13, random codes',
        'F = 25, random codes',
      ].map((name) => goal(`${name} against the fast tier`, name, 'native', 0.1, 0.5)),
    ],
  };
}

function goal(what: string, name: string, against: string, floor: number, aim: number): Goal {
  return { what, name, against, floor, aim };
}

/** From codes to results, against dequantising and multiplying. */
export function endToEndProducts(library: NativeLibrary, torch: Peer | undefined): Suite {
  const [a, b] = [ordinary('nvfp4', SHAPE[0], SHAPE[2], 1), ordinary('nvfp4', SHAPE[1], SHAPE[2], 2)];
  const own = endToEnd(createNativeKernels(library, { threads: 1 }), a, b);
  const theirs: Candidate[] =
    torch === undefined
      ? []
      : [{ name: 'torch dequantise + matmul', work: own.work, run: () => torch.time('end-to-end') }];
  return {
    title: `From codes to results, ${SHAPE.join(' × ')}, one thread`,
    unit: 'GMAC/s',
    candidates: [own, ...theirs],
    goals: theirs.map(({ name }) =>
      goal('end to end, against torch dequantise + matmul', own.name, name, 1.3, 3),
    ),
  };
}

/** WebAssembly against plain TypeScript, on few rows. */
export function portableProducts(): Suite {
  const a = top(ordinary('nvfp4', SHAPE[0], SHAPE[2], 1), 64);
  const b = top(ordinary('nvfp4', SHAPE[1], SHAPE[2], 2), 64);
  return {
    title: `Without native code, ${a.rows} × ${b.rows} × ${a.depth}`,
    unit: 'GMAC/s',
    candidates: [
      product('wasm', createWasmKernels(), BLACKWELL, a, b),
      product('wasm, float tier', createWasmKernels(typescriptKernels, 'float'), BLACKWELL, a, b),
      product('wasm, cutting tier', createWasmKernels(typescriptKernels, 'cutting'), BLACKWELL, a, b),
      product('typescript', typescriptKernels, BLACKWELL, a, b),
      product('wasm, random scale codes', createWasmKernels(), BLACKWELL, worstCase(a, 3), worstCase(b, 4)),
      product(
        'typescript, random scale codes',
        typescriptKernels,
        BLACKWELL,
        worstCase(a, 3),
        worstCase(b, 4),
      ),
    ],
    goals: [goal('WebAssembly against plain TypeScript', 'wasm', 'typescript', 10, 20)],
  };
}

/** Every semantic on the first of its formats, on operands of any codes: the speed without fast tiers. */
export function everySemantic(library: NativeLibrary): Suite {
  const [rows, cols, steps] = [12, 256, 8];
  const engine = createNativeKernels(library, { threads: 1 });
  const candidates = [...DOT_SEMANTICS.values()].map((semantic, seed): Candidate => {
    const { a, b } = COMBINATIONS.find((combination) => combination.semantic === semantic.name)!;
    const [left, right] = [formatOf(a), formatOf(b)];
    const depth = stepOf(semantic, left, right) * steps;
    const tile = adversarialTile('ordinary', semantic, left, right, { rows, cols, depth }, new Random(seed));
    const x = { format: left, rows, depth, ...tile.a };
    const y = { format: right, rows: cols, depth, ...tile.b };
    return product(`${semantic.name} on ${a}`, engine, semantic.name, x, y);
  });
  return {
    title: `Every semantic natively, ${rows} × ${cols} × ${steps} steps, one thread`,
    unit: 'GMAC/s',
    candidates,
    goals: [],
  };
}

/** Two cores against one. */
export function threadedProducts(library: NativeLibrary): Suite {
  const [a, b] = [ordinary('nvfp4', 768, SHAPE[2], 1), ordinary('nvfp4', SHAPE[1], SHAPE[2], 2)];
  const on = (threads: number) =>
    product(
      `${threads} thread${threads > 1 ? 's' : ''}`,
      createNativeKernels(library, { threads }),
      BLACKWELL,
      a,
      b,
    );
  return {
    title: `Threads, 768 × ${SHAPE[1]} × ${SHAPE[2]}`,
    unit: 'GMAC/s',
    candidates: [on(1), on(2)],
    goals: [goal('two cores against one', '2 threads', '1 thread', 1.6, 1.9)],
  };
}

/** Speeds of fouroversix's PyTorch reference, M elements/s on a machine of this kind (docs of the measurement: spec). */
const PYTORCH_REFERENCE = { nvfp4: 6.6, '4/6': 3.9, if4: 6.6 } as const;

/**
 * Quantisers against the TypeScript ones; the PyTorch reference is a recorded figure. `casts`: ml_dtypes, whose cast to
 * E2M1 has no scales to find.
 */
export function quantizers(library: NativeLibrary, casts?: Peer): Suite {
  const [rows, cols] = [512, 1024];
  const matrix = { rows, cols, data: gaussianMatrix(rows, cols, 7) };
  const work = (rows * cols) / 1e6;
  const few = { rows: rows / 16, cols, data: matrix.data.slice(0, matrix.data.length / 16) };
  const cases = [
    ['nvfp4', 'nvfp4', 'static_6'],
    ['4/6', 'nvfp4', 'mse'],
    ['if4', 'if4', 'mse'],
  ] as const;
  const goals: Record<string, readonly [number, number]> = {
    nvfp4: [100, 200],
    '4/6': [50, 100],
    if4: [30, 80],
  };
  return {
    title: `Quantisers, ${rows} × ${cols}, one thread`,
    unit: 'M elements/s',
    candidates: [
      ...cases.flatMap(([name, format, policy]): Candidate[] => [
        {
          name: `native ${name}`,
          work,
          run: () => void quantizeFast(blockFormatOf(format), matrix, policy, { library }),
        },
        {
          name: `typescript ${name}`,
          work: work / 16,
          run: () => void quantize(blockFormatOf(format), few, policy),
        },
      ]),
      ...(casts === undefined
        ? []
        : [{ name: 'ml_dtypes, cast to E2M1 alone', work, run: () => casts.time('cast') }]),
      // The reference itself is too slow to take turns: its recorded speed stands in for it.
      ...Object.entries(PYTORCH_REFERENCE).map(
        ([name, speed]): Candidate => ({
          name: `PyTorch reference ${name} (recorded)`,
          work,
          run: () => work / speed,
        }),
      ),
    ],
    goals: cases.map(([name]) =>
      goal(
        `encode ${name} against the PyTorch reference`,
        `native ${name}`,
        `PyTorch reference ${name} (recorded)`,
        ...goals[name]!,
      ),
    ),
  };
}
