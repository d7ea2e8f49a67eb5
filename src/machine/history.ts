/**
 * Where the numbers in an accumulator or a buffer come from: the operations since it was fresh, in terms of the global
 * tensors. Kept beside the values, so that a finished run can be checked against the oracle without trusting the
 * buffers, the fast kernels or the units that produced it.
 */
import type { QuantizeAction, VectorOperation } from '../../isa/index.js';
import { Random } from '../numerics/index.js';

/** A rectangle of a global tensor by its first element. */
export interface Origin {
  readonly tensor: number;
  readonly row: number;
  readonly col: number;
}

export type HistoryStep =
  | {
      readonly kind: 'mma';
      readonly semantic: string;
      readonly a: TileHistory;
      /** First row of A that is multiplied. */
      readonly firstRow: number;
      readonly b: TileHistory;
      /** Products along K. */
      readonly depth: number;
      readonly fresh: boolean;
    }
  | {
      readonly kind: 'vector';
      readonly action: VectorOperation['action'];
      /** The other accumulator of an addition, as it was then. */
      readonly other?: readonly HistoryStep[];
    };

type ActionOf<K extends QuantizeAction['kind']> = Extract<QuantizeAction, { kind: K }>;

/** Where the contents of a tile come from. */
export type Making =
  | ({ readonly kind: 'loaded' } & Origin)
  /** By an accumulator, since its last fresh start. */
  | { readonly kind: 'accumulated'; readonly steps: readonly HistoryStep[] }
  | { readonly kind: 'quantized'; readonly source: TileHistory; readonly action: ActionOf<'quantize'> }
  /** Rounded to the element format at the end, as are the next two. */
  | {
      readonly kind: 'cut';
      readonly source: TileHistory;
      readonly action: ActionOf<'outliers'>;
      readonly format: string;
    }
  | { readonly kind: 'dequantized'; readonly source: TileHistory; readonly format: string }
  | {
      readonly kind: 'transformed';
      readonly source: TileHistory;
      readonly size: number;
      readonly format: string;
    }
  | {
      readonly kind: 'maximum';
      /** All that was joined since the fresh start. */
      readonly sources: readonly { readonly source: TileHistory; readonly action: ActionOf<'maximum'> }[];
    }
  /** The larger of each element of tiles of this shape. */
  | { readonly kind: 'larger'; readonly tiles: readonly TileHistory[] };

/** A tile of rows × cols elements and how it was made. */
export type TileHistory = { readonly rows: number; readonly cols: number } & Making;

/** A tile of an output tensor as a store wrote it. */
export interface StoredTile extends Origin {
  readonly rows: number;
  readonly cols: number;
  readonly history: TileHistory;
}

/**
 * The tensor and element that stand for a tile's place: those it was loaded from; of an accumulator, the row of A and
 * the row of B that its first product begins at.
 */
export function placeOf(tile: TileHistory): Origin {
  switch (tile.kind) {
    case 'loaded':
      return tile;
    case 'accumulated': {
      const first = tile.steps.find(({ kind }) => kind === 'mma') as Extract<HistoryStep, { kind: 'mma' }>;
      const [a, b] = [placeOf(first.a), placeOf(first.b)];
      return { tensor: a.tensor, row: a.row + first.firstRow, col: b.row };
    }
    case 'maximum':
      return placeOf(tile.sources[0]!.source);
    case 'larger':
      return placeOf(tile.tiles[0]!);
    default:
      return placeOf(tile.source);
  }
}

/**
 * First state of the LFSR that rounds a tile stochastically, one for each candidate of a block: it depends on the run's
 * seed and on the tile's place, not on when the unit gets to it.
 */
export function ditherSeed(runSeed: number, tile: TileHistory, candidate: number): number {
  const { tensor, row, col } = placeOf(tile);
  return new Random(runSeed).split(`dither ${tensor} ${row} ${col} ${candidate}`).uint32();
}
