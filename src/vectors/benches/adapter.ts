/** `<id>_dut`: the device behind ports that are called as the fields of the vectors, so that all benches are alike. */
import type { PlacedField } from '../layout.js';
import type { BenchPlan, Connection, Device } from './plan.js';

export const adapterName = ({ id }: BenchPlan) => `${id}_dut`;

/** `[7:0] `, and nothing for one bit. */
export const rangeText = (width: number) => (width === 1 ? '' : `[${width - 1}:0] `);

/** Bits of a field or a port. */
const bitsText = (name: string, from: number, width: number, whole: number) =>
  width === whole ? name : `${name}[${from} +: ${width}]`;

export function adapterText(plan: BenchPlan): string {
  const { device, inputs, results } = plan;
  const port = (direction: string) => (field: PlacedField) =>
    `  ${direction} wire ${rangeText(field.width)}${field.name}`;
  const done = device.done === undefined ? [] : ['  output wire done'];
  const ports = [
    '  input  wire clk',
    '  input  wire rst_n',
    '  input  wire en',
    ...inputs.map(port('input ')),
    ...results.map(port('output')),
    ...done,
  ];
  const gaps: string[] = [];
  const pins = [...controlPins(device), ...dataPins(device, gaps)].map((pin) => `    ${pin}`);
  const parameters = Object.entries(device.parameters).map(([name, value]) => `.${name}(${value})`);
  const values = parameters.length === 0 ? '' : `#(${parameters.join(', ')}) `;
  return `// ${device.module} behind ports that are called as the fields of the vectors ${plan.unit.stem}.
\`timescale 1ns / 1ps
module ${adapterName(plan)} (
${ports.join(',\n')}
);
${gaps.map((line) => `${line}\n`).join('')}  ${device.module} ${values}device (
${pins.join(',\n')}
  );
endmodule
`;
}

function controlPins({ clock, reset, enable, done, constants }: Device): string[] {
  const pin = (port: string | undefined, value: string) => (port === undefined ? [] : [`.${port}(${value})`]);
  return [
    ...pin(clock?.port, clock?.edge === 'falling' ? '~clk' : 'clk'),
    ...pin(reset?.port, reset?.active === 'high' ? '~rst_n' : 'rst_n'),
    ...pin(enable, 'en'),
    ...pin(done, 'done'),
    ...Object.entries(constants).flatMap(([port, value]) => pin(port, `${value}`)),
  ];
}

/** A pin a port of the device; bits of a port that no field has are 0, or are not looked at. */
function dataPins({ connections }: Device, gaps: string[]): string[] {
  const ports = [...new Set(connections.map(({ port }) => port))];
  return ports.map((port) => {
    const here = connections.filter((one) => one.port === port).sort((x, y) => x.low - y.low);
    const parts = joined(here).flatMap((part, i, all) => {
      const before = i === 0 ? 0 : all[i - 1]!.low + all[i - 1]!.width;
      const gap = part.low - before;
      const text = bitsText(part.field.name, part.from, part.width, part.field.width);
      return gap === 0 ? [text] : [gapText(part, port, gap, gaps), text];
    });
    return `.${port}(${parts.length === 1 ? parts[0] : `{${parts.reverse().join(', ')}}`})`;
  });
}

function gapText({ field, low }: Connection, port: string, width: number, gaps: string[]): string {
  if (field.role !== 'result') return `${width}'d0`;
  const name = `unused_${port}_${low}`;
  gaps.push(`  wire ${rangeText(width)}${name};`);
  return name;
}

/** Neighbours of one field as one connection. */
function joined(sorted: readonly Connection[]): Connection[] {
  const parts: Connection[] = [];
  for (const next of sorted) {
    const last = parts.at(-1);
    const continues =
      last !== undefined &&
      last.field === next.field &&
      last.low + last.width === next.low &&
      last.from + last.width === next.from;
    if (continues) parts[parts.length - 1] = { ...last, width: last.width + next.width };
    else parts.push(next);
  }
  return parts;
}
