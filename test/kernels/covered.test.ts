/** What each engine computes itself, and what it hands to another, with the reason. */
import { describe, expect, it } from 'vitest';
import { COMBINATIONS, type Combination, handsOn } from '../../bench/kernels/combinations.js';
import { DOT_SEMANTICS } from '../../src/dot/index.js';
import {
  createNativeKernels,
  createWasmKernels,
  type Kernels,
  nativeLibrary,
} from '../../src/kernels/index.js';

/** Combinations of `COMBINATIONS` that an engine hands on, by reason. */
const HANDED_ON: Record<'native' | 'wasm', (combination: Combination) => string | undefined> = {
  native: ({ semantic, a }) =>
    semantic === 'exact' && a === 'mxfp4' ? 'its register is wider than 64 bits' : undefined,
  wasm: ({ semantic }) =>
    semantic.startsWith('blackwell-mxf4nvf4') ? undefined : 'only fused additions of group sums are written',
};

const { library } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';
const ENGINES = [
  ['native', (fallback: Kernels) => createNativeKernels(library!, { fallback })],
  ['wasm', (fallback: Kernels) => createWasmKernels(fallback)],
] as const;

it('names a combination for every semantic', () => {
  const named = new Set(COMBINATIONS.map(({ semantic }) => semantic));
  expect([...DOT_SEMANTICS.keys()].filter((name) => !named.has(name))).toEqual([]);
});

describe.each(ENGINES)('the %s engine', (name, create) => {
  it.skipIf(name === 'native' && library === null && !required)('computes itself what it is said to', () => {
    const table = COMBINATIONS.map((combination) => ({
      ...combination,
      handedOn: handsOn(create, combination),
    }));
    const expected = COMBINATIONS.map((combination) => ({
      ...combination,
      handedOn: HANDED_ON[name](combination) !== undefined,
    }));
    expect(table).toEqual(expected);
  });
});
