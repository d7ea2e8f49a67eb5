/** `fp4sim vectors` */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, parseNamedSettings } from '../../numerics/index.js';
import {
  checkFolder,
  createTarget,
  fileFormats,
  generateBlocks,
  type Level,
  MANIFEST_FILE,
  type MacEngineName,
  type Manifest,
  parseManifest,
  programTarget,
  selectClasses,
  type ToolIdentity,
  type VectorRequest,
  type VectorTarget,
  type View,
  writeVectors,
} from '../../vectors/index.js';
import { ExitCode } from '../errors.js';
import { piecesOf, readBytes } from '../files.js';
import { pipeSink, writeStreams } from '../output-folder.js';
import { packageVersion, print, progressLine, sourceCommit } from '../terminal.js';
import { loadProgram } from './load-program.js';

interface VectorsOptions {
  readonly level: string;
  readonly classes?: readonly string[];
  readonly without?: readonly string[];
  readonly count?: number;
  readonly seed: number;
  readonly shard?: VectorRequest['shard'];
  readonly formats: readonly string[];
  readonly engine: MacEngineName;
  readonly from?: string;
  readonly set: ReadonlyMap<string, number>;
  readonly stages?: boolean;
  readonly stream?: boolean;
  readonly force?: boolean;
  readonly list?: boolean;
  readonly check?: string;
  readonly output?: string;
}

const STANDARD_OUTPUT = '-';
const WHOLE = { index: 1, of: 1 };
/** Products of a program by default. */
const PRODUCTS = 64;

export async function vectors(text: string | undefined, options: VectorsOptions): Promise<number> {
  if (options.check !== undefined) return check(options.check);
  const target = targetOf(text, options);
  if (target === undefined) return ExitCode.badInput;
  if (options.list) {
    print(classList(target, viewsOf(options)));
    return ExitCode.fine;
  }
  const { classes, without, seed, shard = WHOLE } = options;
  const count = options.from === undefined ? options.count : undefined;
  const request: VectorRequest = {
    target,
    level: Number(options.level) as Level,
    seed,
    shard,
    views: viewsOf(options),
    ...(classes === undefined ? {} : { classes }),
    ...(without === undefined ? {} : { without }),
    ...(count === undefined ? {} : { count }),
  };
  if (options.output === undefined)
    throw new ConfigurationError('nothing says where the vectors go', 'give -o FOLDER, or -o - for a pipe');
  if (options.output === STANDARD_OUTPUT) stream(request, options.formats);
  else print(summaryOf(options.output, write(request, options, options.output, text)));
  return ExitCode.fine;
}

/** What the vectors are for; undefined for a program with errors, which have been printed. */
function targetOf(text: string | undefined, options: VectorsOptions): VectorTarget | undefined {
  const { from: file, set: parameters, seed, count = PRODUCTS } = options;
  if ((text === undefined) === (file === undefined))
    throw new ConfigurationError(
      text === undefined ? 'nothing says what the vectors are for' : `both ${text} and --from ${file}`,
      'for example fp4sim vectors nvfp4-exact, or fp4sim vectors --from PROGRAM.s',
    );
  if (file !== undefined) {
    const loaded = loadProgram(file, { set: parameters, include: [] });
    return loaded && programTarget({ file, program: loaded.program, seed, count, parameters });
  }
  if (parameters.size > 0)
    throw new ConfigurationError('--set gives parameters of a program', 'there is none without --from');
  const { name, settings } = parseNamedSettings(text!);
  return createTarget(name, { settings, engine: options.engine });
}

function viewsOf({ stages, stream }: VectorsOptions): View[] {
  return [...(stages ? (['stages'] as const) : []), ...(stream ? (['stream'] as const) : [])];
}

/** Checks a folder that was written earlier. */
function check(folder: string): number {
  const path = join(folder, MANIFEST_FILE);
  const manifest = parseManifest(Buffer.from(readBytes(path)).toString(), path);
  const input = { files: readdirSync(folder), open: (file: string) => piecesOf(join(folder, file)) };
  const { files, bytes, regenerated, problems } = checkFolder(manifest, input, programOf(manifest));
  for (const problem of problems) print(problem);
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  const verdict = problems.length === 0 ? 'sound' : count;
  print(`${folder}: ${verdict}; ${files} files, ${bytes} bytes hashed, ${regenerated} vectors made again`);
  return problems.length === 0 ? ExitCode.fine : ExitCode.checkFailed;
}

/** The target of a program's vectors, run again; undefined for others, and where the program is not at its place. */
function programOf({ kind, target: file, settings }: Manifest): VectorTarget | undefined {
  if (kind !== 'program') return undefined;
  if (!existsSync(file)) {
    print(`${file} is not here: its vectors are not made again`);
    return undefined;
  }
  const { seed, count, ...given } = settings;
  const parameters = new Map(Object.entries(given).map(([name, value]) => [name, Number(value)]));
  const loaded = loadProgram(file, { set: parameters, include: [] });
  const run = { file, seed: Number(seed), count: Number(count), parameters };
  return loaded && programTarget({ ...run, program: loaded.program });
}

function stream(request: VectorRequest, names: readonly string[]): void {
  const [format, ...more] = fileFormats(names);
  if (format === undefined || more.length > 0)
    throw new ConfigurationError('standard output takes one file format', 'for example --formats mem');
  const [view, ...others] = request.views ?? [];
  if (others.length > 0)
    throw new ConfigurationError('standard output takes one kind of lines', 'leave out --stages or --stream');
  const entries = selectClasses(request).filter(({ unit }) => unit.view === view);
  const sink = pipeSink();
  for (const entry of entries) {
    const { unit, class: set } = entry;
    const encoder = format.encoder({ unit, class: set, layout: unit.layout }, sink);
    for (const { columns, range } of generateBlocks(entry, request)) encoder.write(columns, range);
    encoder.end();
  }
}

function write(
  request: VectorRequest,
  options: VectorsOptions,
  output: string,
  target: string | undefined,
): Manifest {
  const formats = fileFormats(options.formats);
  const progress = progressLine();
  try {
    return writeStreams(output, { force: options.force === true, mark: MANIFEST_FILE }, (folder) =>
      writeVectors(request, folder, {
        formats,
        tool: toolIdentity(),
        command: commandText(target, options),
        progress: progress.update,
      }),
    );
  } finally {
    progress.clear();
  }
}

function toolIdentity(): ToolIdentity {
  return { name: 'fp4sim', version: packageVersion(), commit: sourceCommit() };
}

/** The command line that makes the same files again. */
function commandText(target: string | undefined, options: VectorsOptions): string {
  const { from, set, level, classes, without, count, seed, shard, formats, engine } = options;
  const given: readonly (readonly [string, string | undefined])[] = [
    ['level', level],
    ['classes', classes?.join()],
    ['without', without?.join()],
    ['count', count?.toString()],
    ['seed', `${seed}`],
    ['shard', shard && `${shard.index}/${shard.of}`],
    ['formats', formats.join()],
    ['engine', engine],
  ];
  const flags = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  flags.push(...viewsOf(options).map((view) => `--${view}`));
  flags.push(...[...set].map(([name, value]) => `--set ${name}=${value}`));
  return ['fp4sim vectors', target ?? `--from ${from}`, ...flags, '-o FOLDER'].join(' ');
}

function summaryOf(folder: string, { units, configuration, shard }: Manifest): string {
  const classes = units.flatMap(({ classes: sets }) => sets);
  const files = classes.flatMap(({ files: list }) => list);
  const count = classes.reduce((sum, { vectors: n }) => sum + n, 0);
  const results = classes.reduce((sum, { results: n }) => sum + n, 0);
  if (count === 0)
    return `${folder}: ${configuration}\nno vectors: shard ${shard.index}/${shard.of} has no block of these classes; other shards have them`;
  return `${folder}: ${configuration}\n${count} vectors with ${results} results in ${classes.length} classes, ${files.length} files`;
}

function classList({ name, units }: VectorTarget, views: readonly View[]): string {
  const listed = units.filter(({ view }) => view === undefined || views.includes(view));
  const rows = listed.flatMap(({ unit, classes }) =>
    classes
      .filter(({ vectors: count }) => count > 0)
      .map(
        ({ name: set, level, vectors: count, adjustable, exhaustive, summary }) =>
          `L${level} ${unit.padEnd(8)} ${set.padEnd(20)} ${adjustable ? 'any number' : `${count}`.padEnd(10)}  ${summary}${exhaustive === undefined ? '' : ` (all of ${exhaustive})`}`,
      ),
  );
  return [name, ...rows].join('\n');
}
