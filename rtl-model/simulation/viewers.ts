/**
 * Files that let waveform viewers show codes of number formats as numbers.
 *
 * - GTKWave: a translate filter file (hexadecimal value, text), chosen by Edit › Data Format › Translate Filter File.
 * - Surfer: a mapping translator; it finds those in `.surfer/mappings` of the folder in which it is started, and
 *   offers them as formats by their names.
 *
 * Sources: GTKWave documentation, "Filtering"; Surfer book, "Mapping translators".
 */
import { hasBlockScales, type OperandFormat } from '../../src/dot/index.js';
import { codecOf, type ElementFormat } from '../../src/formats/index.js';
import type { Design, MacDesign, UnitDesign } from '../designs/index.js';

/** Widest format whose codes are listed. */
const LISTED_BITS = 8;

export interface ViewerFile {
  /** Relative to the folder of the dump. */
  readonly path: string;
  readonly text: string;
}

/** A format, and the width of the signals that hold its codes. */
interface CodeSignal {
  readonly format: ElementFormat;
  /** In bits; a scale port may be wider than its format, and carry a selector in the bit above. */
  readonly width: number;
}

/** The files for every element and scale format of up to 8 bits on the ports of a design. */
export function viewerFiles(design: Design): ViewerFile[] {
  return codeSignals(design)
    .filter(({ width }) => width <= LISTED_BITS)
    .flatMap((signal) => [gtkwaveFilter(signal), surferMapping(signal)]);
}

/** Element and scale formats of the operands (or of the block that a unit writes), each once. */
function codeSignals(design: Design): CodeSignal[] {
  const all = design.kind === 'mac' ? macSignals(design) : unitSignals(design);
  return [...new Map(all.map((signal) => [signal.format.name, signal])).values()];
}

function macSignals({ a, w, protocol }: MacDesign): CodeSignal[] {
  return [...signalsOf(a, protocol.a.scaleWidth), ...signalsOf(w, protocol.w.scaleWidth)];
}

function unitSignals({ format, protocol }: UnitDesign): CodeSignal[] {
  const scale = protocol.outputs.find(({ port }) => port === 'scale_code');
  return format === undefined || scale === undefined ? [] : signalsOf(format, scale.width);
}

function signalsOf(format: OperandFormat, scaleWidth: number): CodeSignal[] {
  const elements = format.kind === 'block' ? format.choices.map(({ element }) => element) : [format];
  const scales = hasBlockScales(format) ? [{ format: format.scale, width: scaleWidth }] : [];
  return [...elements.map((element) => ({ format: element, width: codecOf(element).width })), ...scales];
}

/** Codes and their values. */
function rows({ format, width }: CodeSignal): { code: string; value: string }[] {
  const { decode } = codecOf(format);
  const digits = Math.ceil(width / 4);
  return Array.from({ length: 2 ** width }, (_, code) => {
    const value = decode(code);
    return {
      code: code.toString(16).padStart(digits, '0'),
      value: Object.is(value, -0) ? '-0' : String(value),
    };
  });
}

function gtkwaveFilter(signal: CodeSignal): ViewerFile {
  const { format } = signal;
  const lines = rows(signal).map(({ code, value }) => `${code} ${value}`);
  const head = `# ${format.name}: values of its codes, for signals shown in hexadecimal`;
  return { path: `${format.name}.gtkwave.txt`, text: `${[head, ...lines].join('\n')}\n` };
}

function surferMapping(signal: CodeSignal): ViewerFile {
  const { format, width } = signal;
  const lines = rows(signal).map(({ code, value }) => `0x${code} ${value}`);
  const head = [`Name = ${format.name}`, `Bits = ${width}`];
  return { path: `.surfer/mappings/${format.name}.txt`, text: `${[...head, ...lines].join('\n')}\n` };
}
