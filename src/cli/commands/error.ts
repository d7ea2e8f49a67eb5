/** `fp4sim error` */
import { compareFormats, parseFormatList } from '../../compare/index.js';
import { formatCatalogue } from '../../formats/index.js';
import { errorPlot, errorReport } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { writeWhole } from '../files.js';
import { print, progressLine } from '../terminal.js';

interface ErrorOptions {
  readonly formats: string;
  readonly source: readonly string[];
  readonly json?: boolean;
  readonly plot?: string;
  readonly define?: string;
}

export async function error({ formats, source, json, plot, define }: ErrorOptions): Promise<number> {
  const progress = progressLine();
  const rows = compareFormats(parseFormatList(formats, formatCatalogue(define)), source, progress.update);
  progress.clear();
  if (plot !== undefined) writeWhole(plot, await errorPlot(rows));
  print(json ? JSON.stringify(rows, null, 2) : errorReport(rows));
  return ExitCode.fine;
}
