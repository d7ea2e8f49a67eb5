/**
 * The tile scheduler: in which order output tiles are handed out, to which core, and how their k-steps are divided.
 *
 * Static: item i of the order goes to core i mod cores, as in a persistent kernel. Dynamic: a core gets the next item of
 * the order when the first of its streams asks for it; equal cycles are served in the order of the cores. stream-k: all
 * k-steps of all tiles form one sequence, and each core gets an equal, contiguous share.
 *
 * Not modelled: how long a counter in global memory takes to answer; that is the cost of `tile.next`.
 */
import type { GridDeclaration, TileDivision, TilePolicy } from '../assembler/index.js';

export interface Tile {
  readonly m: number;
  readonly n: number;
}

/** A tile, or the k-steps of it from `k0` up to `k1`; both 0 where the grid does not divide tiles. */
export interface WorkItem extends Tile {
  readonly k0: number;
  readonly k1: number;
  /** Which part of its tile, of how many. */
  readonly part: number;
  readonly parts: number;
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

/** Hands the items of a grid out to the streams of the cores; all streams of a core get the same items. */
export class TileSource {
  /** Whether which item a core gets depends on when it asks. */
  readonly dynamic: boolean;
  /** Items that a core has taken on demand, or its share of all steps; undefined where a rule gives its items. */
  readonly #lists: readonly WorkItem[][] | undefined;
  readonly #itemAt: (index: number) => WorkItem;
  readonly #total: number;
  /** Items that were taken on demand. */
  #taken = 0;

  constructor(
    grid: GridDeclaration,
    private readonly cores: number,
  ) {
    this.dynamic = grid.dynamic === true && cores > 1;
    this.#itemAt = itemsOf(grid);
    this.#total = itemCount(grid);
    const { division } = grid;
    if (division?.kind === 'stream-k')
      this.#lists = perCore(cores, (c) => shareOfSteps(grid, division.steps, c, cores));
    else this.#lists = this.dynamic ? perCore(cores, () => []) : undefined;
  }

  /** The item that a stream of a core takes after `taken` others; undefined when none is left. */
  take(core: number, taken: number): WorkItem | undefined {
    if (this.#lists === undefined) {
      const index = core + taken * this.cores;
      return index < this.#total ? this.#itemAt(index) : undefined;
    }
    const list = this.#lists[core]!;
    if (this.dynamic && taken === list.length && this.#taken < this.#total)
      list.push(this.#itemAt(this.#taken++));
    return list[taken];
  }

  /** Items that are certainly left for a stream of a core. */
  left(core: number, taken: number): number {
    return this.#count(core) - taken;
  }

  /** Items of each core. */
  counts(): number[] {
    return perCore(this.cores, (core) => this.#count(core));
  }

  #count(core: number): number {
    return this.#lists?.[core]?.length ?? Math.max(0, Math.ceil((this.#total - core) / this.cores));
  }
}

function perCore<T>(cores: number, make: (core: number) => T): T[] {
  return Array.from({ length: cores }, (_, core) => make(core));
}

/** The work items of one core of a static grid, in order. */
export function workOfCore(grid: GridDeclaration, core: number, cores: number): WorkItem[] {
  const source = new TileSource(grid, cores);
  return Array.from({ length: source.left(core, 0) }, (_, taken) => source.take(core, taken)!);
}

function partsOf({ division }: GridDeclaration): number {
  return division?.kind === 'split-k' ? division.parts : 1;
}

function itemCount(grid: GridDeclaration): number {
  return grid.tilesM * grid.tilesN * partsOf(grid);
}

/** The items of a grid by their place in the order, but for stream-k, whose items depend on the cores. */
function itemsOf(grid: GridDeclaration): (index: number) => WorkItem {
  const { tilesM, tilesN, policy, division } = grid;
  const order = orderOf(policy);
  const parts = partsOf(grid);
  return (index) => {
    const part = index % parts;
    const { m, n } = order(Math.floor(index / parts), tilesM, tilesN);
    const { k0, k1 } = stepsOf(division, part);
    return { m, n, k0, k1, part, parts };
  };
}

function stepsOf(
  division: TileDivision | undefined,
  part: number,
): { readonly k0: number; readonly k1: number } {
  if (division?.kind !== 'split-k') return { k0: 0, k1: 0 };
  const { steps, parts } = division;
  return { k0: Math.floor((steps * part) / parts), k1: Math.floor((steps * (part + 1)) / parts) };
}

/** The share of a core in the sequence of all steps, cut where tiles end. */
function shareOfSteps(
  { tilesM, tilesN, policy }: GridDeclaration,
  steps: number,
  core: number,
  available: number,
): WorkItem[] {
  const order = orderOf(policy);
  const total = tilesM * tilesN * steps;
  const cores = Math.min(available, total);
  if (core >= cores) return [];
  /** First step of a core's share. */
  const first = (c: number): number => Math.floor((total * c) / cores);
  /** The core that has a step. */
  const ownerOf = (step: number): number => Math.floor(((step + 1) * cores - 1) / total);
  const items: WorkItem[] = [];
  for (let from = first(core); from < first(core + 1); ) {
    const tile = Math.floor(from / steps);
    const until = Math.min(first(core + 1), (tile + 1) * steps);
    const opens = ownerOf(tile * steps);
    const parts = ownerOf((tile + 1) * steps - 1) - opens + 1;
    const [k0, k1] = [from - tile * steps, until - tile * steps];
    items.push({ ...order(tile, tilesM, tilesN), k0, k1, part: core - opens, parts });
    from = until;
  }
  return items;
}

function orderOf<P extends TilePolicy>(policy: P): Order {
  return (ORDERS[policy.kind] as (policy: P) => Order)(policy);
}
