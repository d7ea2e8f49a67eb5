/** Ports of a port map looked up in the device's own text, so that a wrong name is told before a simulator runs. */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { BenchPlan } from './plan.js';

/**
 * Throws `ConfigurationError` when no text has the device's module, or its text never names a port of the map.
 *
 * @param texts what the sources hold, all of them
 */
export function checkPorts({ device }: BenchPlan, texts: readonly string[], where: string): void {
  const bodies = texts.map(withoutComments);
  const modules = bodies.flatMap((text) => [...text.matchAll(/\bmodule\s+(\w+)/g)].map((match) => match[1]!));
  const body = bodies
    .map((text) => new RegExp(`\\bmodule\\s+${device.module}\\b[\\s\\S]*?\\bendmodule\\b`).exec(text)?.[0])
    .find((found) => found !== undefined);
  if (body === undefined)
    throw new ConfigurationError(
      `${where}: module: the sources have no "${device.module}"`,
      suggest(device.module, modules),
    );
  const declared = portsIn(body);
  const { clock, reset, enable, done, connections, constants } = device;
  const single = [clock?.port, reset?.port, enable, done].filter((port) => port !== undefined);
  const used = [...single, ...connections.map(({ port }) => port), ...Object.keys(constants)];
  const unknown = used.find((port) => !declared.includes(port));
  if (unknown === undefined) return;
  throw new ConfigurationError(
    `${where}: ports: ${device.module} has no port "${unknown}"`,
    suggest(unknown, declared),
  );
}

const withoutComments = (text: string) => text.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, ' ');

/** What stands beside names in the declaration of ports. */
const WORDS: ReadonlySet<string> = new Set(
  'input output inout wire reg logic bit signed unsigned var tri'.split(' '),
);

/** Names that are declared as ports, in the list of the module or in its body. */
function portsIn(body: string): string[] {
  const lists = body.replaceAll(/\[[^\]]*\]/g, ' ').matchAll(/\b(?:input|output|inout)\b[\w\s,]*/g);
  return [...lists].flatMap(([list]) => list.match(/[A-Za-z_]\w*/g) ?? []).filter((name) => !WORDS.has(name));
}
