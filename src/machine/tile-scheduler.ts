/**
 * The tile scheduler: in which order output tiles are handed out, and to which core. Static: tile i of the order
 * goes to core i mod cores, as in a persistent kernel.
 *
 * Not modelled yet: dynamic hand-out, split-k, stream-k.
 */
import type { GridDeclaration, TilePolicy } from '../assembler/index.js';

export interface Tile {
  readonly m: number;
  readonly n: number;
}

/** The order of a policy over a grid: index → tile. */
type Order = (index: number, tilesM: number, tilesN: number) => Tile;

const ORDERS: { readonly [K in TilePolicy['kind']]: (policy: Extract<TilePolicy, { kind: K }>) => Order } = {
  row: () => (i, _tilesM, tilesN) => ({ m: Math.floor(i / tilesN), n: i % tilesN }),
  column: () => (i, tilesM) => ({ m: i % tilesM, n: Math.floor(i / tilesM) }),
  // Bands of `group` rows of tiles, m fastest inside a band: neighbours in time share operand tiles in L2.
  swizzle:
    ({ group }) =>
    (i, tilesM, tilesN) => {
      const band = Math.floor(i / (group * tilesN));
      const first = band * group;
      const height = Math.min(group, tilesM - first);
      const within = i - first * tilesN;
      return { m: first + (within % height), n: Math.floor(within / height) };
    },
};

/** Hands the tiles of a grid out to the streams of the cores; all streams of a core get the same tiles. */
export class TileSource {
  readonly #lists: readonly (readonly Tile[])[];
  /** Whether which tile a core gets depends on when it asks. */
  readonly dynamic = false;

  constructor(grid: GridDeclaration, cores: number) {
    this.#lists = Array.from({ length: cores }, (_, core) => tilesOfCore(grid, core, cores));
  }

  /** The tile that a stream of a core takes after `taken` others; undefined when none is left. */
  take(core: number, taken: number): Tile | undefined {
    return this.#lists[core]![taken];
  }

  /** Tiles that are left for a stream of a core. */
  left(core: number, taken: number): number {
    return this.#lists[core]!.length - taken;
  }
}

/** The tiles of one core, in order. */
export function tilesOfCore(grid: GridDeclaration, core: number, cores: number): Tile[] {
  const order = orderOf(grid.policy);
  const tiles: Tile[] = [];
  for (let i = core; i < grid.tilesM * grid.tilesN; i += cores)
    tiles.push(order(i, grid.tilesM, grid.tilesN));
  return tiles;
}

function orderOf<P extends TilePolicy>(policy: P): Order {
  return (ORDERS[policy.kind] as (policy: P) => Order)(policy);
}
