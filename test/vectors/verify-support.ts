/** Responses of a device to the only class of a set, and what verification says of them. */
import {
  fieldNamed,
  type Layout,
  type ResponseFormat,
  verifiedClasses,
  verifyEach,
} from '../../src/vectors/index.js';
import type { ClassReport } from '../../src/vectors/verify/verify.js';
import type { Made } from './support.js';

/** Lines of the only class of a set, split into fields. */
export function rowsOf({ folder, manifest }: Made): string[][] {
  const text = folder.text(manifest.units[0]!.classes[0]!.files[0]!.file);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('_'));
}

/** The report on a response to the only class of a set. */
export function reportOn(
  made: Made,
  response: string | Buffer,
  format: ResponseFormat = 'text',
): ClassReport {
  const [verified] = verifiedClasses(made.manifest);
  const input = { name: 'response', format, open: () => [Buffer.from(response)] };
  const report = verifyEach(made.manifest, [{ verified: verified!, input }], (file) => [
    made.folder.bytes(file),
  ]);
  return report.classes[0]!;
}

/** Place of a field in a row. */
export const at = (layout: Layout, name: string) => layout.fields.indexOf(fieldNamed(layout, name));

export const policiesOf = ({ diagnoses }: ClassReport) => diagnoses.map(({ policy }) => policy);
