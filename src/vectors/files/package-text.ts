/** The layout of a unit's vectors as a SystemVerilog package: widths, positions, counts, and a packed struct. */
import type { Layout, PlacedField } from '../layout.js';
import type { UnitInterface, VectorUnit } from '../unit.js';

/** A set of vectors that the package tells of. */
export interface PackagedClass {
  readonly name: string;
  readonly count: number;
  readonly file: string;
}

const constantName = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
const integer = (name: string, value: number) => `  localparam int ${name} = ${value};`;

function fieldConstants({ name, low, width, meaning, stage }: PlacedField): string {
  const upper = constantName(name);
  const constants = [
    `${integer(`${upper}_LOW`, low)}  // ${meaning}`,
    integer(`${upper}_WIDTH`, width),
    ...(stage === undefined ? [] : [`${integer(`${upper}_EDGE`, stage.edge)}  // stage ${stage.name}`]),
  ];
  return constants.join('\n');
}

/** Fields from the most significant down, each under the bits that fill up its first digit. */
function structText({ fields }: Layout): string {
  const range = (width: number) => (width === 1 ? 'logic' : `logic [${width - 1}:0]`);
  const lines = fields.flatMap(({ name, width, digits }) => {
    const padding = 4 * digits - width;
    const fill = padding === 0 ? [] : [`    ${range(padding)} fill_${name};`];
    return [...fill, `    ${range(width)} ${name};`];
  });
  return `  typedef struct packed {\n${lines.join('\n')}\n  } vector_t;`;
}

function interfaceConstants(unit: UnitInterface | undefined): string[] {
  if (unit === undefined) return [];
  return [
    integer('LATENCY_CYCLES', unit.latencyCycles),
    integer('INITIATION_INTERVAL_CYCLES', unit.initiationIntervalCycles),
    `${integer('NEEDS_FLUSH', Number(unit.resultAfter === 'next-first'))}  // a result shows at the next first`,
  ];
}

/** The text of `<stem>_pkg`. */
export function packageText(stem: string, unit: VectorUnit, classes: readonly PackagedClass[]): string {
  const name = packageName(stem);
  const guard = `${name.toUpperCase()}_SVH`;
  const counts = classes.map(
    ({ name: set, count, file }) => `${integer(`${constantName(set)}_COUNT`, count)}  // ${file}`,
  );
  const longest = Math.max(0, ...classes.map(({ count }) => count));
  return `// Layout of the vectors ${stem}: ${unit.summary}.
// A line of a .mem file is one vector_t; $readmemh passes over the underscores.
\`ifndef ${guard}
\`define ${guard}
package ${name};
${integer('VECTOR_WIDTH', unit.layout.wordBits)}
${[...interfaceConstants(unit.interface), ...counts].join('\n')}
${integer('LONGEST_COUNT', longest)}

${unit.layout.fields.map(fieldConstants).join('\n')}

${structText(unit.layout)}
endpackage
\`endif
`;
}

/** A name that SystemVerilog takes. */
export function packageName(stem: string): string {
  return `${stem.replaceAll(/[^A-Za-z0-9]/g, '_')}_pkg`;
}
