/** `fp4sim bench` */
import { dirname, join, relative, resolve } from 'node:path';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import {
  BENCH_KINDS,
  type BenchKind,
  benchFiles,
  checkPorts,
  MANIFEST_FILE,
  type PortMap,
  parseManifest,
  parsePortMap,
  planBenches,
} from '../../vectors/index.js';
import { ExitCode } from '../errors.js';
import { readBytes, writeFolder } from '../files.js';
import { print } from '../terminal.js';

interface BenchOptions {
  readonly output: string;
  readonly kind?: readonly string[];
  readonly map?: string;
  readonly force?: boolean;
}

export async function bench(folder: string, options: BenchOptions): Promise<number> {
  const { output, map: mapName, force = false } = options;
  if (resolve(folder) === resolve(output))
    throw new ConfigurationError(
      'the benches cannot go where the vectors are',
      'a set of vectors has no other files',
    );
  const path = join(folder, MANIFEST_FILE);
  const manifest = parseManifest(textOf(path), path);
  const map = mapName === undefined ? undefined : mapIn(mapName, output);
  const plans = planBenches(manifest, map?.map, mapName);
  if (map !== undefined && map.paths.length > 0) checkPorts(plans[0]!, map.paths.map(textOf), mapName!);
  const kinds = options.kind?.map(kindNamed);
  const files = benchFiles(manifest, plans, kinds, relative(output, folder));
  writeFolder(output, files, { force });
  print(`${output}: ${files.length} files; make -C ${output}, or see ${output}/README.md`);
  return ExitCode.fine;
}

const textOf = (path: string) => Buffer.from(readBytes(path)).toString();

function kindNamed(name: string): BenchKind {
  if ((BENCH_KINDS as readonly string[]).includes(name)) return name as BenchKind;
  throw new ConfigurationError(`--kind: there is no bench "${name}"`, suggest(name, BENCH_KINDS));
}

/** The map, its sources as seen from the benches, and where they are now. */
function mapIn(name: string, output: string): { map: PortMap; paths: readonly string[] } {
  const map = parsePortMap(textOf(name), name);
  const paths = map.sources.map((source) => resolve(dirname(name), source));
  return { map: { ...map, sources: paths.map((path) => relative(output, path)) }, paths };
}
