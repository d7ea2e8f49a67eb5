/** Rows of a report that joins runs of single designs: those that still speak of the designs as they are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { netlistHash } from '../../rtl-model/proof/index.js';
import { ROOT } from './write-report.js';

export interface KeptRow {
  /** Of the design. */
  readonly name: string;
  /** Of its netlist. */
  readonly hash: string;
}

/** The rows in `reports/FILE` whose design has the same netlist as then, by its name. */
export function keptRows<Row extends KeptRow>(file: string): Map<string, Row> {
  const path = join(ROOT, 'reports', file);
  if (!existsSync(path)) return new Map();
  const rows = JSON.parse(readFileSync(path, 'utf8')) as Row[];
  const isFresh = ({ name, hash }: Row) =>
    DESIGNS.has(name) && netlistHash(createDesign(name).netlist) === hash;
  return new Map(rows.filter(isFresh).map((row) => [row.name, row]));
}
