/**
 * The hardware designs: a list, and one in full.
 *
 *   design       kind  formats  semantic  latency, cycles  options
 *   nvfp4-exact  mac   nvfp4    exact                   3  lanes=16 readout=register …
 */
import type { Design, DesignGenerator, DesignSheet, SheetStage } from '../../rtl-model/designs/index.js';
import { integer, table } from '../text/index.js';

/** Registers that are listed one by one; more of the same name and width are counted. */
const NUMBER = /\d+/g;

export function designList(rows: readonly { generator: DesignGenerator; design: Design }[]): string {
  return table(rows, [
    { title: 'design', value: ({ generator }) => generator.name },
    { title: 'kind', value: ({ design }) => design.kind },
    { title: 'format', value: ({ design }) => (design.kind === 'mac' ? design.a.name : design.format?.name) },
    {
      title: 'semantic',
      value: ({ design }) => (design.kind === 'mac' ? design.semantic.name : design.policy),
    },
    { title: 'latency, cycles', value: ({ design }) => design.latencyCycles },
    { title: 'options', value: ({ generator }) => Object.keys(generator.defaults).join(' ') || undefined },
    { title: 'summary', value: ({ generator }) => generator.summary },
  ]);
}

/** Everything on the sheet of a design. */
export function designReport(sheet: DesignSheet): string {
  const { name, summary, configuration, module, kind, formats, semantic, models, notModelled } = sheet;
  const operands = Object.entries(formats).map(([role, format]) => `${role} ${format}`);
  const facts = [
    ['configuration', configuration],
    ['module', module],
    ['formats', operands.join(', ') || 'none'],
    [kind === 'mac' ? 'semantic' : 'policy', semantic],
    ['models', models],
    ['not modelled', notModelled],
    ['latency', `${sheet.latencyCycles} cycles`],
    ['size', `${integer(sheet.gates)} gates, ${integer(sheet.flipFlops)} flip-flops after folding`],
  ] as const;
  const width = Math.max(...facts.map(([title]) => title.length));
  return [
    `${name}: ${summary}`,
    facts.map(([title, text]) => `  ${title.padEnd(width)}  ${text}`).join('\n'),
    `Ports\n${portTable(sheet)}`,
    `Protocol\n${sheet.protocol.map((rule) => `  ${rule}`).join('\n')}`,
    `Stages\n${table(sheet.stages, [
      { title: 'stage', value: (stage) => stage.name },
      { title: 'flip-flops', value: (stage) => stage.flipFlops },
      { title: 'registers and their widths', value: registersOf },
    ])}`,
  ].join('\n\n');
}

function portTable({ ports }: DesignSheet): string {
  return table(ports, [
    { title: 'port', value: (port) => port.name },
    { title: 'direction', value: (port) => port.direction },
    { title: 'bits', value: (port) => port.width },
    { title: 'meaning', value: (port) => port.meaning },
  ]);
}

/** `s1_product0 … 15: 16 × 32, s1_valid: 1`: registers whose names differ in a number are written once. */
function registersOf({ registers }: SheetStage): string {
  const groups = new Map<string, { names: string[]; width: number }>();
  for (const { name, width } of registers) {
    const prefix = /^s\d+_|^e\d+_/.exec(name)?.[0] ?? '';
    const key = `${prefix}${name.slice(prefix.length).replaceAll(NUMBER, '#')} ${width}`;
    const group = groups.get(key) ?? { names: [], width };
    group.names.push(name);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ names, width }) =>
      names.length === 1
        ? `${names[0]} ${width}`
        : `${names[0]} … ${names.at(-1)} ${names.length} × ${width}`,
    )
    .join(', ');
}
