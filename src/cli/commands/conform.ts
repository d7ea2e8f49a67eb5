/** `fp4sim conform` */
import { conform as conformFolder } from '../../conform/index.js';
import { conformReport, conforms } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { styleFor } from '../style.js';
import { print } from '../terminal.js';

interface ConformOptions {
  readonly vectors: readonly string[];
  readonly json?: boolean;
}

export async function conform({ vectors, json }: ConformOptions): Promise<number> {
  const rows = vectors.flatMap(conformFolder);
  print(json ? JSON.stringify(rows, null, 2) : conformReport(rows, styleFor(process.stdout)));
  return conforms(rows) ? ExitCode.fine : ExitCode.checkFailed;
}
