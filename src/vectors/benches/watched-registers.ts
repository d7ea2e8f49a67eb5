/** Registers inside a device that stage vectors are compared with. */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { Layout, PlacedField } from '../layout.js';
import { withRole } from '../layout.js';
import type { PortMap } from './port-map.js';

export interface WatchedRegister {
  readonly field: PlacedField;
  /** Hierarchical name, from the device on. */
  readonly path: string;
  /** Edges after which it has the field's value: 1 takes the vector. */
  readonly edge: number;
  /** Stage of the design. */
  readonly stage: string;
  /** Place in a line of the bit that says whether the value matters. */
  readonly care: number;
}

/**
 * All registers of a design's own text, or those that a map names. Throws `ConfigurationError` for one that the vectors
 * do not have.
 */
export function watchedRegisters(
  layout: Layout,
  named: PortMap['registers'],
  where: string,
): WatchedRegister[] {
  const [care] = withRole(layout, 'care');
  const all = withRole(layout, 'result').map((field, i): WatchedRegister => {
    const { register, edge, name } = field.stage!;
    return { field, path: register, edge, stage: name, care: care!.low + i };
  });
  if (named === undefined) return all;
  const names = all.map(({ field }) => field.name);
  const unknown = Object.keys(named).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigurationError(
      `${where}: registers: the vectors have no field "${unknown}"`,
      suggest(unknown, names),
    );
  return all
    .flatMap((one) => {
      const place = named[one.field.name];
      return place === undefined ? [] : [{ ...one, path: place.path, edge: place.edge ?? one.edge }];
    })
    .sort((x, y) => x.edge - y.edge);
}
