/** The coverage of the vectors in a folder. */
import { layoutOfUnit, type Manifest } from '../manifest.js';
import { readableFile, readVectors } from '../verify/expected.js';
import { verifiedClasses } from '../verify/session.js';
import type { ByteSource } from '../verify/source.js';
import { covergroupText } from './covergroups.js';
import { CoverageMeter, type CoverageReport } from './measure.js';

export interface UnitCoverage extends CoverageReport {
  readonly stem: string;
  /** The model as SystemVerilog covergroups. */
  readonly covergroups: string;
}

/** Coverage of every unit that has a model, over all of its classes. */
export function coverageOfFolder(manifest: Manifest, open: (file: string) => ByteSource): UnitCoverage[] {
  const classes = verifiedClasses(manifest);
  return manifest.units.flatMap((manifestUnit): UnitCoverage[] => {
    const mine = classes.filter((one) => one.manifestUnit === manifestUnit);
    const model = mine[0]?.unit.coverage?.();
    if (model === undefined) return [];
    const meter = new CoverageMeter(model);
    const layout = layoutOfUnit(manifestUnit);
    for (const { set } of mine) {
      const file = readableFile(set);
      for (const { columns, count } of readVectors(open(file.file), file, layout)) meter.add(columns, count);
    }
    const report = meter.report();
    const { stem } = manifestUnit;
    return [{ ...report, stem, covergroups: covergroupText(stem, report.points) }];
  });
}
