/**
 * The engine in plain TypeScript: typed arrays and doubles, no native code. Semantics or formats that a family does
 * not cover go to the oracle.
 */
import { type Accumulation, createOracle, type DotSemantic, stepOf } from '../../dot/index.js';
import { checkAddends, checkOperand, checkShapes, type Kernels } from '../kernels.js';
import { OracleTile, own } from '../oracle-kernels.js';
import { CodedTile } from './coded-tile.js';
import { exact } from './exact.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';
import { fusedGroups } from './fused-groups.js';
import { fusedProducts } from './fused-products.js';
import { integers } from './integers.js';
import { lanes } from './lanes.js';
import { perBlock } from './per-block.js';
import { perChoice } from './per-choice.js';

/** What is done for a family without an implementation here. */
const oracleOnly: Family = { prepare: (tile) => void tile.rowTile(), create: () => null };

const FAMILIES: Record<Accumulation['kind'], Family> = {
  fused: {
    prepare: (tile, side, semantic) => fusedFamily(semantic).prepare(tile, side, semantic),
    create: (setup) => fusedFamily(setup.semantic).create(setup),
  },
  exact,
  'per-block': perBlock,
  lanes,
  integer: integers,
  'per-choice': perChoice,
  'two-stage': oracleOnly,
};

function fusedFamily({ accumulation }: DotSemantic): Family {
  return accumulation.kind === 'fused' && accumulation.terms.kind === 'groups' ? fusedGroups : fusedProducts;
}

/** Sums that the oracle keeps, for what no family covers. */
class FallbackTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #tile: OracleTile;

  constructor({ semantic, a, b, rows, cols, stepK }: FamilySetup) {
    [this.rows, this.cols, this.stepK] = [rows, cols, stepK];
    const oracle = createOracle(semantic, a, b);
    this.#tile = new OracleTile(rows, cols, stepK, () => oracle.accumulator());
  }

  accumulate(a: CodedTile, b: CodedTile, fresh: boolean): void {
    this.#tile.accumulate(a.rowTile(), b.rowTile(), fresh);
  }

  read(): Uint32Array {
    return this.#tile.read();
  }

  load(bits: Uint32Array): void {
    this.#tile.load(bits);
  }
}

/** A handle that says which family keeps it. */
class Handle {
  readonly rows: number;
  readonly cols: number;

  constructor(readonly tile: FamilyTile) {
    [this.rows, this.cols] = [tile.rows, tile.cols];
  }
}

export const typescriptKernels: Kernels = {
  name: 'typescript',
  prepare: (operand, side, semantic) => {
    checkOperand(operand, side);
    const tile = new CodedTile(operand);
    FAMILIES[semantic.accumulation.kind].prepare(tile, side, semantic);
    return tile;
  },
  accumulator: (semantic, a, b, rows, cols) => {
    createOracle(semantic, a, b); // refuses formats that the semantic does not take
    const setup = { semantic, a, b, rows, cols, stepK: stepOf(semantic, a, b) };
    const family = FAMILIES[semantic.accumulation.kind];
    return new Handle(family.create(setup) ?? new FallbackTile(setup));
  },
  accumulate: (acc, a, b, fresh) => {
    const { tile } = own(acc, Handle);
    const [left, right] = [own(a, CodedTile), own(b, CodedTile)];
    checkShapes(tile, left, right, tile.stepK);
    tile.accumulate(left, right, fresh);
  },
  read: (acc) => own(acc, Handle).tile.read(),
  load: (acc, bits) => {
    checkAddends(acc, bits);
    own(acc, Handle).tile.load(bits);
  },
};
