/** `fp4sim coverage` */
import { join } from 'node:path';
import { ConfigurationError } from '../../numerics/index.js';
import { coverageReport } from '../../report/index.js';
import { coverageOfFolder, MANIFEST_FILE, parseManifest } from '../../vectors/index.js';
import { ExitCode } from '../errors.js';
import { piecesOf, readBytes, writeWhole } from '../files.js';
import { print } from '../terminal.js';

interface CoverageOptions {
  readonly json?: boolean;
  readonly covergroups?: string;
}

export async function coverage(folder: string, { json, covergroups }: CoverageOptions): Promise<number> {
  const path = join(folder, MANIFEST_FILE);
  const manifest = parseManifest(Buffer.from(readBytes(path)).toString(), path);
  const units = coverageOfFolder(manifest, (file) => piecesOf(join(folder, file)));
  if (units.length === 0)
    throw new ConfigurationError(
      `${folder} holds no vectors with a coverage model`,
      'there is one for designs and for dot products',
    );
  if (covergroups !== undefined) writeWhole(covergroups, units.map((unit) => unit.covergroups).join('\n'));
  const plain = units.map(({ covergroups: _, ...unit }) => unit);
  print(json ? JSON.stringify(plain, null, 2) : coverageReport(units));
  return units.every(({ covered, reachable }) => covered === reachable)
    ? ExitCode.fine
    : ExitCode.checkFailed;
}
