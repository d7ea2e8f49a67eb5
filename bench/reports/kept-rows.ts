/** Rows of a report that joins runs of single designs: those that still speak of the designs as they are. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createDesign,
  DESIGNS,
  type Design,
  levelOneBlocks,
  levelOneSegments,
} from '../../rtl-model/designs/index.js';
import { netlistHash } from '../../rtl-model/proof/index.js';
import { ROOT } from './write-report.js';

export interface KeptRow {
  /** Of the design. */
  readonly name: string;
  /** Of what the row is about: the design's netlist, or that and its vectors. */
  readonly hash: string;
}

/** Hash of a design as it is, 64 hex digits. */
export type DesignHash = (design: Design) => string;

const ofNetlist: DesignHash = ({ netlist }) => netlistHash(netlist);

/** Of the netlist and all of level 1. */
export const vectorsHash: DesignHash = (design) => {
  const text = (_: string, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    return value instanceof Uint16Array || value instanceof Uint8Array ? value.join() : value;
  };
  const hash = createHash('sha256').update(netlistHash(design.netlist));
  for (const vectors of design.kind === 'mac' ? levelOneSegments(design) : levelOneBlocks(design))
    hash.update(JSON.stringify(vectors, text));
  return hash.digest('hex');
};

/** The rows in `reports/FILE` whose design has the same hash as then, by its name. */
export function keptRows<Row extends KeptRow>(file: string, hashOf = ofNetlist): Map<string, Row> {
  const path = join(ROOT, 'reports', file);
  if (!existsSync(path)) return new Map();
  const rows = JSON.parse(readFileSync(path, 'utf8')) as Row[];
  const isFresh = ({ name, hash }: Row) => DESIGNS.has(name) && hashOf(createDesign(name)) === hash;
  return new Map(rows.filter(isFresh).map((row) => [row.name, row]));
}
