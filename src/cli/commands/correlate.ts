/** `fp4sim correlate` */
import { Predictor, readTileRows, summariseByClass } from '../../correlate/index.js';
import { machineFrom } from '../../machine/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { correlationPlot, correlationReport, correlationRows } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { readBytes, writeWhole } from '../files.js';
import { print, progressLine } from '../terminal.js';

interface CorrelateOptions {
  readonly machine: string;
  readonly class?: string;
  readonly rows?: boolean;
  readonly plot?: string;
  readonly json?: boolean;
}

export async function correlate(file: string, options: CorrelateOptions): Promise<number> {
  const machine = machineFrom(options.machine);
  const rows = chosen(readTileRows(new TextDecoder().decode(readBytes(file)), file), options.class, file);
  const predictor = new Predictor(machine);
  const progress = progressLine();
  const all = rows.flatMap((row, i) => {
    progress.update(`row ${i + 1} of ${rows.length}`);
    return predictor.compare(row) ?? [];
  });
  progress.clear();
  if (all.length === 0) throw new ConfigurationError(`${file}: none of ${rows.length} rows has a program`);
  const classes = summariseByClass(all);
  if (options.plot !== undefined) writeWhole(options.plot, await correlationPlot(all));
  if (options.json) {
    print(JSON.stringify({ machine: machine.name, classes, rows: correlationRows(all) }, null, 2));
  } else {
    print(
      correlationReport(
        { machine: machine.name, classes, all, left: rows.length - all.length },
        options.rows,
      ),
    );
  }
  return ExitCode.fine;
}

function chosen<R extends { readonly class: string }>(
  rows: readonly R[],
  names: string | undefined,
  file: string,
): readonly R[] {
  if (names === undefined) return rows;
  const wanted = names.split(',');
  const known = [...new Set(rows.map((row) => row.class))];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ConfigurationError(`${file} has no row of class "${unknown}"`, `it has ${known.join(', ')}`);
  return rows.filter((row) => wanted.includes(row.class));
}
