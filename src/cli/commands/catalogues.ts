/** `fp4sim machines` and `fp4sim formats` */
import { BLOCK_FORMATS, ELEMENT_FORMATS } from '../../formats/index.js';
import { MACHINE_MODELS, machineNamed } from '../../machine/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import {
  blockFormatReport,
  elementFormatReport,
  formatList,
  machineList,
  machineReport,
} from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { print } from '../terminal.js';

interface CatalogueOptions {
  readonly json?: boolean;
}

export async function machines(name: string | undefined, { json }: CatalogueOptions): Promise<number> {
  if (name === undefined) {
    const all = [...MACHINE_MODELS.values()];
    print(json ? toJson(all) : machineList(all));
  } else {
    const model = machineNamed(name);
    print(json ? toJson(model) : machineReport(model));
  }
  return ExitCode.fine;
}

export async function formats(name: string | undefined, { json }: CatalogueOptions): Promise<number> {
  const elements = [...ELEMENT_FORMATS.values()];
  const blocks = [...BLOCK_FORMATS.values()];
  if (name === undefined) {
    print(json ? toJson({ elements, blocks }) : formatList(elements, blocks));
    return ExitCode.fine;
  }
  const element = ELEMENT_FORMATS.get(name);
  const block = BLOCK_FORMATS.get(name);
  if (element !== undefined) print(json ? toJson(element) : elementFormatReport(element));
  else if (block !== undefined) print(json ? toJson(block) : blockFormatReport(block));
  else
    throw new ConfigurationError(
      `unknown format "${name}"`,
      suggest(name, [...ELEMENT_FORMATS.keys(), ...BLOCK_FORMATS.keys()]),
    );
  return ExitCode.fine;
}

/** Exact rationals are printed as fractions, since JSON has no integers of any size. */
function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item),
    2,
  );
}
