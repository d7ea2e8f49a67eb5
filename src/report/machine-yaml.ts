/**
 * A machine model as the YAML file of a user's model, every figure in it:
 *
 *   extends: hopper
 *   name: my-hopper
 *   figures:
 *     copy.loadBytesPerCycle: { value: 106, unit: B/cycle, source: "timing README, …" }
 */
import { figureKind, figuresOf, MACHINE_MODELS, type MachineModel } from '../machine/index.js';

/** The text of a file from which `parseMachine` makes the same model, under another name. */
export function machineYaml(model: MachineModel): string {
  const { name, base, defaultSemantic } = model;
  const mac = designOf(model);
  const figures = figuresOf(model).filter(
    ({ path }) => mac === undefined || !path.startsWith('mma.rate.mac.'),
  );
  return [
    '# Every figure of the model. Leave out what you do not change; fp4sim machines --help says more.',
    `extends: ${base ?? name}`,
    `name: ${MACHINE_MODELS.has(name) ? `my-${name}` : name}`,
    `default-semantic: ${defaultSemantic}`,
    ...(mac === undefined ? [] : [`mac: ${mac}`]),
    'figures:',
    ...figures.map(
      ({ path, figure: { value, source } }) =>
        `  ${path}: { value: ${value}, unit: ${figureKind(path)!.unit}, source: ${JSON.stringify(source)} }`,
    ),
  ].join('\n');
}

/** The design of its MACs, if their figures are those of a netlist. */
function designOf({ mma: { rate } }: MachineModel): string | undefined {
  return rate.kind === 'grid' && 'from' in rate.mac ? rate.mac.design : undefined;
}
