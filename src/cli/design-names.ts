/** Designs as command lines name them. */
import {
  createDesign,
  type Design,
  type DesignGenerator,
  type DesignOptions,
  generatorNamed,
} from '../../rtl-model/designs/index.js';
import { parseNamedSettings } from '../numerics/index.js';
import type { DesignFlags } from './groups/designs.js';

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
