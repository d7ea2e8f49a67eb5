/** `fp4sim designs`, and what the commands on designs share. */

import {
  createDesign,
  DESIGNS,
  type Design,
  type DesignGenerator,
  type DesignOptions,
  generatorNamed,
  sheetOf,
} from '../../../rtl-model/designs/index.js';
import { parseNamedSettings } from '../../numerics/index.js';
import { designList, designReport } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import type { DesignFlags } from '../groups/designs.js';
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

/** The design that a command line asks for, and its row of the registry. */
export function designOf(name: string, flags: DesignFlags): { design: Design; generator: DesignGenerator } {
  return { design: createDesign(name, optionsOf(flags)), generator: generatorNamed(name) };
}

/** Only what was asked for: a design refuses options that it does not take. */
function optionsOf({ lanes, readout, predecode, pipeline, floats }: DesignFlags): DesignOptions {
  return {
    ...(lanes === undefined ? {} : { lanes }),
    ...(readout === undefined ? {} : { readout }),
    ...(predecode === undefined ? {} : { predecode }),
    ...(floats === undefined ? {} : { floats }),
    ...(pipeline ? {} : { pipeline: false }),
  };
}

/** A design written as `NAME` or `NAME:option=value,option=value`. */
export function designNamed(text: string): Design {
  const { name, settings } = parseNamedSettings(text);
  return createDesign(name, settings as DesignOptions);
}
