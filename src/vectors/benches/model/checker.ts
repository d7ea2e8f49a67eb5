/**
 * `<id>_checker.sv`: compares a device with the C model through DPI, edge by edge, whatever drives it. The testbench
 * has one under +define+WITH_DPI; others may instantiate or bind it.
 */

import { withRole } from '../../layout.js';
import { rangeText } from '../adapter.js';
import type { BenchPlan } from '../plan.js';
import { PENDING } from '../rules.js';

export const checkerName = ({ id }: BenchPlan) => `${id}_checker`;

export function checkerText(plan: BenchPlan): string {
  const { inputs, layout, device, results, nan, last, resultAfter, latencyCycles } = plan;
  const all = withRole(layout, 'result');
  const bits = (width: number) => `bit [${width - 1}:0]`;
  const imports = [
    ...inputs.map(({ name, width }) => `input ${bits(width)} ${name}`),
    ...all.map(({ name, width }) => `output ${bits(width)} ${name}`),
  ];
  const ports = [
    'input wire clk',
    'input wire rst_n',
    'input wire en',
    ...inputs.map(({ name, width }) => `input wire ${rangeText(width)}${name}`),
    ...results.map(({ name, width }) => `input wire ${rangeText(width)}found_${name}`),
    ...(device.done === undefined ? [] : ['input wire done']),
  ];
  const compared = results.map(({ name }) => {
    const differs = `found_${name} !== awaited_${name}[head]`;
    return nan === undefined || name === nan.name ? differs : `(!awaited_${nan.name}[head] && ${differs})`;
  });
  const due = 'pending > 0 && awaited_edge[head] == edges';
  const ready = device.done === undefined || latencyCycles !== undefined ? due : 'pending > 0 && done';
  const push = `push(${all.map(({ name }) => `model_${name}`).join(', ')});`;
  const call = `${plan.id}_slice(${[...inputs.map(({ name }) => name), ...all.map(({ name }) => `model_${name}`)].join(', ')});`;
  return `// Compares ${device.module} with its C model at every result.
module ${checkerName(plan)} (
  ${ports.join(',\n  ')}
);
  import "DPI-C" function void ${plan.id}_slice(
    ${imports.join(',\n    ')}
  );
  localparam integer PENDING = ${PENDING};
  localparam integer LATENCY = ${latencyCycles ?? 0};

  integer wrong, compared;
  integer edges, head, pending, opened;
  integer awaited_edge [0:PENDING-1];
${all.map(({ name, width }) => `  ${bits(width)} model_${name};\n  ${bits(width)} awaited_${name} [0:PENDING-1];`).join('\n')}

  initial begin
    wrong = 0;
    compared = 0;
    edges = 0;
    clear;
  end

  task clear;
    begin
      head = 0;
      pending = 0;
      opened = 0;
    end
  endtask

  task push(${all.map(({ name, width }) => `input ${bits(width)} value_${name}`).join(', ')});
    begin
      awaited_edge[(head + pending) % PENDING] = edges + LATENCY;
${all.map(({ name }) => `      awaited_${name}[(head + pending) % PENDING] = value_${name};`).join('\n')}
      pending = pending + 1;
    end
  endtask

  task compare;
    begin
      compared = compared + 1;
      if (${compared.join(' || ')}) begin
        wrong = wrong + 1;
        if (wrong == 1) begin
          $display("first difference from the model: result %0d at time %0t", compared, $time);
${results.map(({ name }) => `          $display("  ${name}: model %h, device %h", awaited_${name}[head], found_${name});`).join('\n')}
        end
      end
      head = (head + 1) % PENDING;
      pending = pending - 1;
    end
  endtask

  always @(posedge clk) begin
    edges = edges + 1;
    if (!rst_n) clear;
    else begin
      if (en) begin
${takeText(plan, { push, call, last: resultAfter === 'last' ? last?.name : undefined })}
      end
      if (${ready}) compare;
    end
  end
endmodule
`;
}

function takeText(
  { resultAfter, first }: BenchPlan,
  { push, call, last }: { push: string; call: string; last: string | undefined },
): string {
  const lines =
    resultAfter === 'next-first'
      ? [`if (${first!.name} && opened != 0) ${push}`, call, 'opened = 1;']
      : [call, last === undefined ? push : `if (${last}) ${push}`];
  return lines.map((line) => `        ${line}`).join('\n');
}
