/** `fp4sim technology list`, `show` and `fit` */
import {
  readTechnologyFile,
  TECHNOLOGY_NAMES,
  technologyByName,
  technologyToJson,
} from '../../../rtl-model/technology/index.js';
import { technologyList, technologyReport } from '../../mac-report/index.js';
import { ExitCode } from '../errors.js';
import { writeWhole } from '../files.js';
import { fittedFrom } from '../technologies.js';
import { print } from '../terminal.js';

interface TechnologyOptions {
  readonly json?: boolean;
}

interface FitOptions {
  readonly output: string;
  readonly name?: string;
  readonly licence: string;
}

export async function list({ json }: TechnologyOptions): Promise<number> {
  const all = TECHNOLOGY_NAMES.map(technologyByName);
  print(json ? `[${all.map(technologyToJson).join(',')}]` : technologyList(all));
  return ExitCode.fine;
}

export async function show(name: string, { json }: TechnologyOptions): Promise<number> {
  const technology = name.endsWith('.json') ? readTechnologyFile(name) : technologyByName(name);
  print(json ? technologyToJson(technology).trimEnd() : technologyReport(technology));
  return ExitCode.fine;
}

export async function fit(liberty: string, { output, name, licence }: FitOptions): Promise<number> {
  const technology = fittedFrom(liberty, name, licence);
  writeWhole(output, technologyToJson(technology));
  const { delay } = technology.fit;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  print(
    `${output}: ${technology.classes.length} cell classes; delay fits ${percent(delay.meanAbsolute)} on average, ${percent(delay.worst)} at worst`,
  );
  return ExitCode.fine;
}
