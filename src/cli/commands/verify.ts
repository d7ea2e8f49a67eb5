/** `fp4sim verify` */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigurationError } from '../../numerics/index.js';
import { verifyReport } from '../../report/index.js';
import {
  classNamed,
  classOfFile,
  junitText,
  linesOfParquet,
  MANIFEST_FILE,
  type Manifest,
  parseManifest,
  type ResponseFormat,
  type ResponseInput,
  responseFormatOf,
  type VerifiedClass,
  type VerifyReport,
  verifiedClasses,
  verifyAll,
  verifyEach,
} from '../../vectors/index.js';
import { ExitCode } from '../errors.js';
import { piecesOf, readBytes, reasonOf, STANDARD_INPUT, writeWhole } from '../files.js';
import { print } from '../terminal.js';

interface VerifyOptions {
  readonly response: string;
  readonly set?: string;
  readonly format?: ResponseFormat;
  readonly junit?: string;
  readonly json?: boolean;
}

export async function verify(folder: string, options: VerifyOptions): Promise<number> {
  const path = join(folder, MANIFEST_FILE);
  const manifest = parseManifest(Buffer.from(readBytes(path)).toString(), path);
  const report = await compare(folder, manifest, options);
  if (options.junit !== undefined) writeWhole(options.junit, junitText(report));
  print(options.json ? JSON.stringify(report, null, 2) : verifyReport(report));
  return report.passed ? ExitCode.fine : ExitCode.checkFailed;
}

async function compare(folder: string, manifest: Manifest, options: VerifyOptions): Promise<VerifyReport> {
  const { response, set, format } = options;
  const classes = verifiedClasses(manifest);
  const open = (file: string) => piecesOf(join(folder, file));
  if (isFolder(response)) return verifyEach(manifest, await filesIn(response, classes, format), open);
  const input = await inputOf(response, format);
  const verified = set === undefined ? classOfFile(classes, basename(response)) : classNamed(classes, set);
  if (verified !== undefined) return verifyEach(manifest, [{ verified, input }], open);
  if (classes.length === 1) return verifyEach(manifest, [{ verified: classes[0]!, input }], open);
  return verifyAll(manifest, classes, input, open);
}

async function filesIn(
  folder: string,
  classes: readonly VerifiedClass[],
  format: ResponseFormat | undefined,
) {
  const named = readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const verified = classOfFile(classes, file);
      return verified === undefined ? [] : [{ verified, path: join(folder, file) }];
    });
  const pairs = await Promise.all(
    named.map(async ({ verified, path }) => ({ verified, input: await inputOf(path, format) })),
  );
  if (pairs.length === 0) {
    throw new ConfigurationError(
      `no file in ${folder} is named after a class`,
      `expected names such as ${classes[0]!.set.files[0]!.file}`,
    );
  }
  return pairs;
}

async function inputOf(path: string, given: ResponseFormat | undefined): Promise<ResponseInput> {
  const name = path === STANDARD_INPUT ? 'standard input' : path;
  const format = given ?? responseFormatOf(path);
  if (format !== 'parquet') return { name, format, open: () => piecesOf(path) };
  const whole = Buffer.concat(Array.from(piecesOf(path), (piece) => Buffer.from(piece)));
  const lines = await linesOfParquet(whole, name);
  return { name, format, open: () => [lines] };
}

function isFolder(path: string): boolean {
  if (path === STANDARD_INPUT) return false;
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new ConfigurationError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}
