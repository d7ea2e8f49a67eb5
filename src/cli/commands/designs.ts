/** `fp4sim designs` */
import { createDesign, DESIGNS, generatorNamed, sheetOf } from '../../../rtl-model/designs/index.js';
import { designList, designReport } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { print } from '../terminal.js';

export async function designs(name: string | undefined, { json }: { json?: boolean }): Promise<number> {
  if (name !== undefined) {
    const sheet = sheetOf(createDesign(name), generatorNamed(name));
    print(json ? JSON.stringify(sheet, null, 2) : designReport(sheet));
    return ExitCode.fine;
  }
  const rows = [...DESIGNS.values()].map((generator) => ({
    generator,
    design: createDesign(generator.name),
  }));
  if (json) {
    const sheets = rows.map(({ design, generator }) => sheetOf(design, generator));
    print(JSON.stringify(sheets, null, 2));
  } else print(designList(rows));
  return ExitCode.fine;
}
