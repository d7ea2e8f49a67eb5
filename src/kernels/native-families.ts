/**
 * Which family of kernels of the native library a semantic belongs to. A family answers null for what it does not
 * cover; another engine then does it.
 */
import type { Accumulation, DotSemantic } from '../dot/index.js';
import type { NativeFamily } from './native-family.js';
import { exact, fusedGroups, perBlock, perChoice } from './native-groups.js';
import { fusedProducts, integers, lanes, twoStage } from './native-products.js';

const FAMILIES: Record<Exclude<Accumulation['kind'], 'fused'>, NativeFamily> = {
  exact,
  'per-block': perBlock,
  'per-choice': perChoice,
  'two-stage': twoStage,
  lanes,
  integer: integers,
};
const FUSED = { groups: fusedGroups, products: fusedProducts } as const;

export function nativeFamily({ accumulation }: DotSemantic): NativeFamily {
  return accumulation.kind === 'fused' ? FUSED[accumulation.terms.kind] : FAMILIES[accumulation.kind];
}
