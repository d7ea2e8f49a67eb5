/**
 * Plain SystemVerilog of what circuits have to compute, written from numbers or as the bare operator, never from the
 * generators that are to be proved.
 */
import type { EmittedFile } from '../systemverilog/index.js';
import type { ProofSide } from './prove.js';

export interface TablePort {
  readonly name: string;
  readonly width: number;
}

/** A look-up table: `rows[address]` are the values of the outputs; inputs side by side, the first most significant. */
export function tableSide(
  name: string,
  inputs: readonly TablePort[],
  outputs: readonly TablePort[],
  valueAt: (address: number) => readonly (number | bigint)[],
): ProofSide {
  const addressWidth = inputs.reduce((sum, { width }) => sum + width, 0);
  const total = outputs.reduce((sum, { width }) => sum + width, 0);
  const rows = Array.from({ length: 2 ** addressWidth }, (_, address) => {
    const value = valueAt(address).reduce<bigint>(
      (word, part, i) =>
        (word << BigInt(outputs[i]!.width)) | BigInt.asUintN(outputs[i]!.width, BigInt(part)),
      0n,
    );
    return `      ${addressWidth}'d${address}: value = ${total}'h${value.toString(16)};`;
  });
  const text = `module ${name} (
${ports(inputs, 'input')},
${ports(outputs, 'output')}
);
  reg [${total - 1}:0] value;
  always @* begin
    case ({${inputs.map((port) => port.name).join(', ')}})
${rows.join('\n')}
      default: value = ${total}'d0;
    endcase
  end
  assign {${outputs.map((port) => port.name).join(', ')}} = value;
endmodule
`;
  return side(name, text);
}

/** A module of assignments `output = expression`. */
export function expressionSide(
  name: string,
  inputs: readonly TablePort[],
  outputs: readonly TablePort[],
  assignments: readonly string[],
): ProofSide {
  const body = assignments.map((line) => `  assign ${line};`).join('\n');
  const text = `module ${name} (\n${ports(inputs, 'input')},\n${ports(outputs, 'output')}\n);\n${body}\nendmodule\n`;
  return side(name, text);
}

function side(top: string, text: string): ProofSide {
  const file: EmittedFile = { file: `${top}.sv`, text };
  return { top, files: [file] };
}

function ports(list: readonly TablePort[], direction: 'input' | 'output'): string {
  return list.map(({ name, width }) => `  ${direction} wire [${width - 1}:0] ${name}`).join(',\n');
}
