/** From a request to files: the classes asked for, block by block, in every file format at once, with their hashes. */
import { createHash, type Hash } from 'node:crypto';
import { ConfigurationError, suggest } from '../numerics/index.js';
import type { ByteSink, FileFormat } from './files/encoder.js';
import { packageText } from './files/package-text.js';
import { type Columns, createColumns, withRole } from './layout.js';
import {
  ENCODING,
  fieldsForManifest,
  MANIFEST_FILE,
  MANIFEST_SCHEMA,
  type Manifest,
  type ManifestClass,
  type ManifestFile,
  type ManifestUnit,
  type ToolIdentity,
} from './manifest.js';
import {
  BLOCK_VECTORS,
  type BlockRange,
  blocksOf,
  LEVELS,
  type Level,
  randomOf,
  unitStem,
  type VectorClass,
  type VectorTarget,
  type VectorUnit,
  type View,
} from './unit.js';

export interface VectorRequest {
  readonly target: VectorTarget;
  readonly level: Level;
  /** Names of classes; all of the level where absent. */
  readonly classes?: readonly string[];
  /** Names of classes to leave out. */
  readonly without?: readonly string[];
  /** Vectors of each class whose number is free. */
  readonly count?: number;
  /** Forms of the vectors to make beside them. */
  readonly views?: readonly View[];
  readonly seed: number;
  /** `index` from 1 to `of`. */
  readonly shard: { readonly index: number; readonly of: number };
}

/** A class that was asked for, with its number of vectors. */
export interface SelectedClass {
  readonly unit: VectorUnit;
  readonly class: VectorClass;
  readonly vectors: number;
}

/** The classes that a request names. Throws `ConfigurationError` for what cannot be. */
export function selectClasses(request: VectorRequest): SelectedClass[] {
  const { target, level, classes, without = [], count, shard } = request;
  checkShard(shard);
  const offered = unitsOf(request).flatMap((unit) =>
    unit.classes.filter((set) => set.level === level).map((set) => ({ unit, class: set })),
  );
  if (offered.length === 0) throw noSuchLevel(target, level);
  const names = [...new Set(offered.map(({ class: { name } }) => name))];
  for (const name of [...(classes ?? []), ...without]) {
    if (names.includes(name)) continue;
    throw new ConfigurationError(
      `${target.name} has no class "${name}" at level ${level}`,
      suggest(name, names),
    );
  }
  const wanted = (classes ?? names).filter((name) => !without.includes(name));
  const isLeftOut = ({ leftOutWith }: VectorUnit, name: string) =>
    leftOutWith?.[name]?.some((other) => without.includes(other)) ?? false;
  const selected = offered.filter(
    ({ unit, class: { name } }) => wanted.includes(name) && !isLeftOut(unit, name),
  );
  if (selected.length === 0) throw new ConfigurationError('no class is left to make');
  if (count !== undefined) checkCount(count, selected);
  const counted = selected.map((entry) => ({
    ...entry,
    vectors: entry.class.adjustable && count !== undefined ? count : entry.class.vectors,
  }));
  // A corner that the formats do not have: infinite elements, say.
  const filled = counted.filter(({ vectors }) => vectors > 0);
  if (filled.length > 0) return filled;
  throw new ConfigurationError(`there are no vectors of ${wanted.join(', ')} for ${target.name}`);
}

/** The units of the target, and the views of them that are asked for. */
function unitsOf({ target, views = [] }: VectorRequest): VectorUnit[] {
  const missing = views.find((view) => !target.units.some((unit) => unit.view === view));
  if (missing !== undefined)
    throw new ConfigurationError(
      `there are no vectors of ${target.name} as ${missing}`,
      'a design has them: fp4sim designs lists those',
    );
  return target.units.filter(({ view }) => view === undefined || views.includes(view));
}

function noSuchLevel({ name, units }: VectorTarget, level: Level): ConfigurationError {
  const offered = LEVELS.filter((l) => units.some(({ classes }) => classes.some((set) => set.level === l)));
  return new ConfigurationError(
    `${name} has no vectors of level ${level}`,
    `it has levels ${offered.join(', ')}`,
  );
}

function checkShard({ index, of }: VectorRequest['shard']): void {
  if (Number.isSafeInteger(of) && of >= 1 && Number.isSafeInteger(index) && index >= 1 && index <= of) return;
  throw new ConfigurationError(`there is no shard ${index}/${of}`, 'shards go from 1/N to N/N');
}

function checkCount(count: number, selected: readonly { class: VectorClass }[]): void {
  const free = selected.filter(({ class: { adjustable } }) => adjustable);
  if (free.length === 0) {
    const names = selected.map(({ class: { name } }) => name).join(', ');
    throw new ConfigurationError(
      `--count: the number of vectors is fixed in ${names}`,
      'level 3 takes a count',
    );
  }
  if (!Number.isSafeInteger(count) || count < 1)
    throw new ConfigurationError(`--count: ${count} is no number of vectors`);
  for (const {
    class: { name, granule = 1 },
  } of free) {
    if (count % granule === 0) continue;
    throw new ConfigurationError(
      `--count: vectors of ${name} come in groups of ${granule}, as slices that share their scales`,
      `for example ${Math.ceil(count / granule) * granule}`,
    );
  }
}

/** Generates one class block by block; the columns are reused. */
export function* generateBlocks(
  { unit, class: set, vectors }: SelectedClass,
  { seed, shard }: Pick<VectorRequest, 'seed' | 'shard'>,
): Generator<{ readonly columns: Columns; readonly range: BlockRange }> {
  const columns = createColumns(unit.layout, BLOCK_VECTORS);
  for (const range of blocksOf(vectors, shard.index - 1, shard.of)) {
    set.fill(columns, range, randomOf(seed, unit, set, range.block));
    yield { columns, range };
  }
}

/** A folder that takes the files of a set. */
export interface OutputFolder {
  /** Opens a file to be written from its beginning; at most one a name. */
  open(name: string): ByteSink & { close(): void };
}

/** A sink that counts and hashes on the way. */
class HashingSink implements ByteSink {
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;

  constructor(
    private readonly file: string,
    private readonly format: string,
    private readonly sink: ByteSink & { close(): void },
  ) {}

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.sink.write(bytes);
  }

  close(): ManifestFile {
    this.sink.close();
    return { file: this.file, format: this.format, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

export interface WriteOptions {
  readonly formats: readonly FileFormat[];
  readonly tool: ToolIdentity;
  readonly command: string;
  /** Called as work goes on. */
  readonly progress?: (text: string) => void;
}

/** `mac_nvfp4_exact-16_uniform_L1`, with `_s2of4` for a shard. */
export function classStem({ unit, class: set }: SelectedClass, { level, shard }: VectorRequest): string {
  const part = shard.of === 1 ? '' : `_s${shard.index}of${shard.of}`;
  return `${unitStem(unit)}_${set.name}_L${level}${part}`;
}

/** Writes the files of a request and their manifest. */
export function writeVectors(request: VectorRequest, folder: OutputFolder, options: WriteOptions): Manifest {
  const selected = selectClasses(request);
  const units = [...new Set(selected.map(({ unit }) => unit))].map((unit) =>
    writeUnit(
      unit,
      selected.filter((entry) => entry.unit === unit),
      request,
      folder,
      options,
    ),
  );
  const { target, level, seed, shard } = request;
  const manifest: Manifest = {
    schema: MANIFEST_SCHEMA,
    tool: options.tool,
    target: target.name,
    kind: target.kind,
    configuration: target.configuration,
    settings: target.settings,
    level,
    seed,
    shard,
    command: options.command,
    encoding: ENCODING,
    units,
  };
  writeText(folder, MANIFEST_FILE, 'json', `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function writeText(folder: OutputFolder, file: string, format: string, text: string): ManifestFile {
  const sink = new HashingSink(file, format, folder.open(file));
  sink.write(Buffer.from(text));
  return sink.close();
}

function writeUnit(
  unit: VectorUnit,
  selected: readonly SelectedClass[],
  request: VectorRequest,
  folder: OutputFolder,
  options: WriteOptions,
): ManifestUnit {
  const classes = selected.map((entry) => writeClass(entry, request, folder, options));
  const stem = `${unitStem(unit)}_L${request.level}`;
  const packaged = classes.flatMap(({ name, vectors, files }) =>
    files
      .filter(({ format }) => format === 'mem' || format === 'tv')
      .slice(0, 1)
      .map(({ file }) => ({ name, count: vectors, file })),
  );
  const { layout, rules, format, policy, summary } = unit;
  return {
    stem,
    unit: unit.unit,
    format,
    policy,
    summary,
    interface: unit.interface ?? null,
    rules,
    fields: fieldsForManifest(layout),
    wordBits: layout.wordBits,
    package:
      packaged.length === 0
        ? null
        : writeText(folder, `${stem}.svh`, 'svh', packageText(stem, unit, packaged)),
    classes,
  };
}

function writeClass(
  entry: SelectedClass,
  request: VectorRequest,
  folder: OutputFolder,
  { formats, progress }: WriteOptions,
): ManifestClass {
  const { unit, class: set } = entry;
  const { layout } = unit;
  const stem = classStem(entry, request);
  const sinks = formats.map((format) => {
    const file = `${stem}${format.extension}`;
    return new HashingSink(file, format.name, folder.open(file));
  });
  const encoders = formats.map((format, i) => format.encoder({ unit, class: set, layout }, sinks[i]!));
  const [check] = withRole(layout, 'check');
  const answered = withRole(layout, 'result').length > 0;
  let [vectors, results] = [0, 0];
  for (const { columns, range } of generateBlocks(entry, request)) {
    for (const encoder of encoders) encoder.write(columns, range);
    vectors += range.count;
    if (answered) results += check === undefined ? range.count : ones(columns[check.column]!, range.count);
    progress?.(`${stem}: ${range.first + range.count} of ${entry.vectors}`);
  }
  for (const encoder of encoders) encoder.end();
  return {
    name: set.name,
    summary: set.summary,
    vectors,
    total: entry.vectors,
    results,
    exhaustive: set.exhaustive ?? null,
    files: sinks.map((sink) => sink.close()),
  };
}

function ones(column: Uint32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += column[i]!;
  return sum;
}
