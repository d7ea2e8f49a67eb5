/** `fp4sim emit` */
import type { Design, DesignGenerator } from '../../../rtl-model/designs/index.js';
import { type DesignSheet, laneOf, sheetOf } from '../../../rtl-model/designs/index.js';
import type { Module } from '../../../rtl-model/hdl/index.js';
import { type EmittedFile, emitModules } from '../../../rtl-model/systemverilog/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { designOf } from '../design-names.js';
import { ExitCode } from '../errors.js';
import { writeFolder } from '../files.js';
import type { DesignFlags } from '../groups/designs.js';
import { packageVersion, print } from '../terminal.js';

interface EmitOptions extends DesignFlags {
  readonly output: string;
  readonly lane?: boolean;
  readonly force?: boolean;
}

export async function emit(name: string, options: EmitOptions): Promise<number> {
  const { design, generator } = designOf(name, options);
  const force = options.force === true;
  if (options.lane === true) {
    const module = laneModuleOf(design);
    const files = emitModules(module);
    writeFolder(options.output, files, { force });
    print(`${options.output}: ${files.length} modules, top ${module.name}, combinational`);
    return ExitCode.fine;
  }
  const files = emittedFiles(design, generator);
  writeFolder(options.output, files, { force });
  print(`${options.output}: ${files.length - 1} modules, top ${design.module.name}, ${files.at(-1)!.file}`);
  return ExitCode.fine;
}

function laneModuleOf(design: Design): Module {
  const lane = design.kind === 'mac' ? laneOf(design) : undefined;
  if (lane !== undefined) return lane.module;
  throw new ConfigurationError(
    `${design.name} has no lane of its own`,
    'exact designs with block scales have one, and the lanes designs',
  );
}

/** The modules, the top one with a header that says how to use it, and the list of the files. */
function emittedFiles(design: Design, generator: DesignGenerator): EmittedFile[] {
  const modules = emitModules(design.module);
  const header = headerOf(sheetOf(design, generator));
  const texts = modules.map(({ file, text }, i) => ({
    file,
    text: i === modules.length - 1 ? `${header}\n${text}` : text,
  }));
  const list = { file: `${design.module.name}.f`, text: fileList(design, modules) };
  return [...texts, list];
}

/** Names are relative to the list: Verilator takes it from anywhere with -F, the others from its own folder. */
function fileList({ module: { name }, configuration }: Design, modules: readonly EmittedFile[]): string {
  const lines = [
    `// ${configuration}: every module, in an order in which each is defined before it is used.`,
    '// In this folder:',
    `//   verilator --lint-only -Wall --top-module ${name} -F ${name}.f`,
    `//   iverilog -g2012 -s ${name} -o ${name}.vvp -c ${name}.f`,
    `//   yosys -p 'read_verilog -sv *.sv; hierarchy -check -top ${name}; synth'`,
    ...modules.map(({ file }) => file),
  ];
  return `${lines.join('\n')}\n`;
}

function headerOf(sheet: DesignSheet): string {
  const ports = sheet.ports.map(
    ({ name, direction, width, meaning }) =>
      `  ${name.padEnd(8)} ${direction.padEnd(6)} ${String(width).padStart(4)}  ${meaning}`,
  );
  const stages = sheet.stages.map(({ name, registers, flipFlops }) => {
    return `  ${name}: ${registers.length} registers, ${flipFlops} flip-flops`;
  });
  const lines = [
    `${sheet.name}: ${sheet.summary}`,
    `Written by fp4sim ${packageVersion()} for the configuration: ${sheet.configuration}`,
    '',
    `Models: ${sheet.models}.`,
    `Not modelled: ${sheet.notModelled}.`,
    '',
    'Ports (name, direction, bits, meaning):',
    ...ports,
    '',
    'Protocol:',
    ...sheet.protocol.map((rule) => `  ${rule}`),
    '',
    `Stages (latency ${sheet.latencyCycles} cycles):`,
    ...stages,
  ];
  return lines.map((line) => `// ${line}`.trimEnd()).join('\n');
}
