/**
 * How a device's ports differ from the fields of the vectors, as a user writes it down; what it leaves out is as the
 * vectors have it.
 *
 *     module: team_mac
 *     clock: core_clk                  # or { port: core_clk, edge: falling }, or none
 *     reset: { port: rst, active: high }
 *     enable: valid_in                 # none: every edge counts
 *     done: none                       # results are then looked at `latency` edges after the last operand
 *     latency: 4                       # done (default where there is one): whenever done says so
 *     ports:
 *       a_in: { each: "a{}", element: 4 }                     # a0, a1, …: element 0 first
 *       w_in: { port: w, element: 4, order: high-first }      # element 0 in the highest bits
 *       a_sf: { port: scales, low: 0 }                        # two fields in one port
 *       w_sf: { port: scales, low: 8 }
 *       acc: result
 *       nan: none                                             # not there; a result is then not compared
 *     registers:                       # for stage vectors: paths into the device
 *       s1_sum: stage1.sum_q
 *       s3_acc: { path: acc_q, edge: 4 }                      # after another edge than the design's
 *     constants: { mode: "2'b01" }
 *     parameters: { LANES: 16 }
 *     sources: [rtl/team_mac.sv]       # for the Makefile; ports are looked up in them
 */
import type { z } from 'zod';
import { ConfigurationError, loadYaml, onFirstUse, suggest } from '../../numerics/index.js';

const schema = onFirstUse(buildSchema);

const LARGEST_LATENCY = 4096;

function buildSchema({ z }: typeof import('zod')) {
  const identifier = z.string().regex(/^[A-Za-z_]\w*$/, 'expected an identifier');
  const named = <T extends z.ZodType>(shape: T) =>
    z.preprocess((value) => {
      if (value === 'none') return null;
      return typeof value === 'string' ? { port: value } : value;
    }, shape);
  const clock = z.strictObject({ port: identifier, edge: z.enum(['rising', 'falling']).default('rising') });
  const reset = z.strictObject({ port: identifier, active: z.enum(['low', 'high']).default('low') });
  const field = z
    .strictObject({
      port: identifier.optional(),
      each: z
        .string()
        .regex(/^[A-Za-z_]\w*\{\}\w*$/, 'expected a name with {} for the number')
        .optional(),
      low: z.int().min(0).optional(),
      element: z.int().min(1).optional(),
      order: z.enum(['low-first', 'high-first']).default('low-first'),
    })
    .refine(
      ({ port, each }) => (port === undefined) !== (each === undefined),
      'expected one of port and each',
    )
    .refine(
      ({ each, order, element }) => (each === undefined && order === 'low-first') || element !== undefined,
      'needs element, the bits of one',
    );
  const path = z
    .string()
    .regex(/^[A-Za-z_]\w*(\[\d+\])?(\.[A-Za-z_]\w*(\[\d+\])?)*$/, 'expected a path, as stage1.sum_q');
  const register = z.preprocess(
    (value) => (typeof value === 'string' ? { path: value } : value),
    z.strictObject({ path, edge: z.int().min(1).max(LARGEST_LATENCY).optional() }),
  );
  const level = z.union([identifier, z.null()]);
  const signal = z.preprocess((value) => (value === 'none' ? null : value), level);
  return z.strictObject({
    unit: z.string().optional(),
    module: identifier,
    clock: named(clock.nullable()).optional(),
    reset: named(reset.nullable()).optional(),
    enable: signal.optional(),
    done: signal.optional(),
    latency: z.union([z.int().min(0).max(LARGEST_LATENCY), z.literal('done')]).optional(),
    interval: z.int().min(1).optional(),
    ports: z.record(z.string(), named(field.nullable())).default({}),
    registers: z
      .record(z.string(), register)
      .refine((all) => Object.keys(all).length > 0, 'names none')
      .optional(),
    constants: z.record(identifier, z.union([z.string(), z.int()])).default({}),
    parameters: z.record(identifier, z.union([z.string(), z.int()])).default({}),
    sources: z.array(z.string()).default([]),
  });
}

export type PortMap = z.infer<ReturnType<typeof buildSchema>>;
/** Where a field is found in the device; null where it is not. */
export type FieldPlace = PortMap['ports'][string];

/** The port map in a YAML text. Throws `ConfigurationError` naming `where`, the place in it and what may stand there. */
export function parsePortMap(text: string, where: string): PortMap {
  const { parseDocument } = loadYaml();
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined) throw new ConfigurationError(`${where}: ${broken.message.split('\n')[0]}`);
  const result = schema().safeParse(document.toJS());
  if (result.success) return result.data;
  const { issues } = result.error;
  // A word that is not understood explains why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  throw errorOf(issue, where, Object.keys(schema().shape));
}

type Issue = z.core.$ZodIssue;

function errorOf(issue: Issue, where: string, keys: readonly string[]): ConfigurationError {
  const place = [where, ...(issue.path.length === 0 ? [] : [issue.path.join('.')])].join(': ');
  if (issue.code !== 'unrecognized_keys') return new ConfigurationError(`${place}: ${messageOf(issue)}`);
  const [key] = issue.keys;
  const inside =
    issue.path[0] === 'registers' ? ['path', 'edge'] : ['port', 'each', 'low', 'element', 'order'];
  const known = issue.path.length === 0 ? keys : inside;
  return new ConfigurationError(`${place}: "${key}" is not understood`, suggest(key!, known));
}

const messageOf = (issue: Issue) =>
  issue.code === 'invalid_union' ? (issue.errors.at(0)?.[0]?.message ?? issue.message) : issue.message;
