/**
 * Generator of adaptive quantise units: two candidates for a block (another scale, or another element format), each
 * encoded and decoded again, the one with the smaller sum of squared errors wins; the first on a tie.
 *
 *   s1_maximum … s4_inverse   once a block: maximum, mapped scale, scale codes and inverse scales of the candidates
 *   e0_select                 a token walks over the 16 elements, one an edge
 *   e1_scale, e2_gain         y = x · inverse (· inverse gain)
 *   e3_encode                 element code; its value × scale, exact
 *   e4_tensor … e6_divide     ((value · scale · amax) · gain) / divisor: decoded
 *   e7_difference, e8_square  d = decoded − x; d²
 *   e9_add                    error += d², in the order of the elements
 *   e10_choose                the better candidate's codes and scale
 *
 * Each step is one FP32 operation rounded to nearest even. One block at a time: the next may start when `done` shows.
 * Not modelled: overlapping blocks, the rules mae and abs_max, NaN and infinities, stochastic rounding, 2D scaling.
 */
import {
  type BlockFormat,
  type ElementFormat,
  FP32,
  SELECTOR_BIT,
  UE4M3,
  widthOf,
} from '../../../src/formats/index.js';
import { CLOCK, concat, defineModule, type Module, type ModuleBuilder, type Word } from '../../hdl/index.js';
import { floatAdder } from '../../library/index.js';
import { type UnitDesign, unitDesign } from '../design.js';
import { split } from './operand.js';
import {
  blockMaximum,
  countsAsNegative,
  divide,
  elementEncoder,
  float32,
  fromInput,
  INPUT_WIDTH,
  inverseScale,
  mappedScale,
  scaledElement,
  scaleEncoder,
  targetOf,
  times,
} from './quantize.js';

/** One way to write a block. */
export interface Candidate {
  readonly element: ElementFormat;
  /** Factor on the mapped scale. */
  readonly stretch: number;
  /** Float32 gain and its inverse; 1 for none. */
  readonly gain: number;
  readonly inverseGain: number;
  /** Whether the scale's selector bit is set when it wins. */
  readonly selected: boolean;
}

export interface AdaptiveConfiguration {
  readonly name: string;
  readonly summary: string;
  readonly format: BlockFormat;
  readonly policy: string;
  readonly candidates: readonly [Candidate, Candidate];
  /** Largest element × largest block scale that the tensor maximum is mapped to. */
  readonly divisor: number;
}

/** All words of 32 bits of these units are FP32. */
const formatOf = (word: Word) => (word.width === widthOf(FP32) ? { format: FP32.name } : {});

/** What the block's preparation leaves for a candidate. */
interface Prepared {
  readonly scale: Word;
  readonly inverse: Word;
}

/** A value on its way through the element stages, with what goes with it. */
interface Flow {
  readonly x: Word;
  readonly valid: Word;
  readonly first: Word;
  readonly last: Word;
}

function adaptiveModule(configuration: AdaptiveConfiguration): Module {
  const { name, summary, format, candidates } = configuration;
  const { blockSize } = format;
  return defineModule({
    name: `${name.replaceAll('-', '_')}_${blockSize}`,
    summary,
    clock: CLOCK,
    inputs: { en: 1, x: blockSize * INPUT_WIDTH, enc: 32, dec: 32, amax: 32 },
    body: (m, ports): Record<string, Word> => {
      const held = { stage: 's1_maximum', enable: ports.en };
      const hold = (word: Word, label: string) =>
        m.register(`s1_${label}`, word, { ...held, ...formatOf(word) });
      const block = {
        x: hold(ports.x, 'x'),
        enc: hold(ports.enc, 'enc'),
        dec: hold(ports.dec, 'dec'),
        amax: hold(ports.amax, 'amax'),
        maximum: hold(blockMaximum(split(ports.x, INPUT_WIDTH)), 'maximum'),
      };
      const valid = ['s1_maximum', 's2_map', 's3_scale', 's4_inverse'].reduce(
        (word, stage) => m.register(`${stage.slice(0, 2)}_valid`, word, { stage }),
        ports.en,
      );
      const prepared = prepare(m, configuration, block);
      const flow = select(m, block.x, valid, blockSize);
      const results = candidates.map((candidate, c) =>
        candidatePath(m, configuration, candidate, c, prepared[c]!, block.amax, flow),
      );
      return choose(m, configuration, prepared, results);
    },
  });
}

/**
 * The scale code and the inverse scale of each candidate: one of both for all candidates that stretch the scale alike.
 * They settle stage by stage and stay until the next block.
 */
function prepare(
  m: ModuleBuilder,
  { format, candidates }: AdaptiveConfiguration,
  block: Readonly<Record<'enc' | 'dec' | 'maximum', Word>>,
): Prepared[] {
  const mapped = m.register('s2_mapped', mappedScale(m, block.maximum, block.enc, targetOf(format)), {
    stage: 's2_map',
    format: FP32.name,
  });
  const byStretch = new Map<number, Prepared>();
  candidates.forEach(({ stretch }, c) => {
    if (byStretch.has(stretch)) return;
    const stretched = stretch === 1 ? mapped : times(m, `stretch${c}`, mapped, float32(m, stretch));
    const { code } = m.instance(`scale${c}`, scaleEncoder(), { x: stretched });
    const scale = m.register(`s3_scale${c}`, code, { stage: 's3_scale' });
    const { inverse } = m.instance(`inverse${c}`, inverseScale(), { scale, dec: block.dec });
    byStretch.set(stretch, {
      scale,
      inverse: m.register(`s4_inverse${c}`, inverse, { stage: 's4_inverse', format: FP32.name }),
    });
  });
  return candidates.map(({ stretch }) => byStretch.get(stretch)!);
}

/** The element under the token, as FP32. */
function select(m: ModuleBuilder, x: Word, start: Word, count: number): Flow {
  const stage = 'e0_select';
  const tokens: Word[] = [];
  for (let i = 0; i < count; i++) tokens.push(m.register(`e0_token${i}`, tokens[i - 1] ?? start, { stage }));
  const gated = split(x, INPUT_WIDTH).map((word, i) => word.and(tokens[i]!.repeat(INPUT_WIDTH)));
  const register = (name: string, word: Word) => m.register(`e0_${name}`, word, { stage });
  return {
    x: register('x', fromInput(gated.reduce((a, b) => a.or(b)))),
    valid: register('valid', concat(...tokens).anyOne()),
    first: register('first', tokens[0]!),
    last: register('last', tokens.at(-1)!),
  };
}

/** Carries a flow and a set of words through one element stage. */
class ElementStage {
  constructor(
    readonly m: ModuleBuilder,
    readonly stage: string,
    readonly suffix: string,
  ) {}

  word(name: string, word: Word): Word {
    const prefix = this.stage.slice(0, this.stage.indexOf('_'));
    return this.m.register(`${prefix}_${name}${this.suffix}`, word, { stage: this.stage, ...formatOf(word) });
  }

  flow({ x, valid, first, last }: Flow): Flow {
    return {
      x: this.word('x', x),
      valid: this.word('valid', valid),
      first: this.word('first', first),
      last: this.word('last', last),
    };
  }
}

/** What a candidate's path leaves at the end of the block. */
interface CandidateResult {
  readonly codes: Word;
  readonly error: Word;
  /** 1 in the cycle in which `error` is complete. */
  readonly complete: Word;
}

function candidatePath(
  m: ModuleBuilder,
  { divisor }: AdaptiveConfiguration,
  { element, gain, inverseGain }: Candidate,
  c: number,
  { scale, inverse }: Prepared,
  amax: Word,
  selected: Flow,
): CandidateResult {
  const suffix = String(c);
  const at = (stage: string) => new ElementStage(m, stage, suffix);
  let flow = selected;
  let value = inverse;
  const step = (stage: string, next: Word) => {
    const here = at(stage);
    value = here.word('value', next);
    flow = here.flow(flow);
  };
  const scaledBy = (name: string, factor: number) =>
    factor === 1 ? value : times(m, `${name}${suffix}`, value, float32(m, factor));
  step('e1_scale', times(m, `element${suffix}`, flow.x, inverse));
  step('e2_gain', scaledBy('inverse_gain', inverseGain));
  const negative = countsAsNegative(flow.x, inverse);
  const { code } = m.instance(`encode${suffix}`, elementEncoder(element), { y: value, negative });
  const codes = shiftIn(m, `e3_codes${suffix}`, code, flow.valid);
  step('e3_encode', scaledElement(m, element, code, scale));
  step('e4_tensor', times(m, `tensor${suffix}`, value, amax));
  step('e5_gain', scaledBy('gain', gain));
  step('e6_divide', divide(m, `divide${suffix}`, value, float32(m, divisor)));
  const minusX = concat(flow.x.bit(-1).not(), flow.x.truncate(flow.x.width - 1));
  step('e7_difference', add(m, `difference${suffix}`, value, minusX));
  step('e8_square', times(m, `square${suffix}`, value, value));
  const stage = 'e9_add';
  const error = m.feedbackRegister(`e9_error${suffix}`, 32, { stage, format: FP32.name, enable: flow.valid });
  m.setNext(error, add(m, `sum${suffix}`, error.and(flow.first.not().repeat(32)), value));
  const complete = m.register(`e9_complete${suffix}`, flow.last, { stage });
  return { codes, error, complete };
}

function add(m: ModuleBuilder, name: string, a: Word, b: Word): Word {
  return m.instance(name, floatAdder(FP32, { subnormals: 'keep' }), { a, b }).sum;
}

/** The codes of a block: each new one enters at the top, so that element 0 ends up lowest. */
function shiftIn(m: ModuleBuilder, name: string, code: Word, enable: Word): Word {
  const count = 16;
  const codes = m.feedbackRegister(name, count * code.width, { stage: 'e3_encode', enable });
  m.setNext(codes, concat(code, codes.slice(code.width, (count - 1) * code.width)));
  return codes;
}

function choose(
  m: ModuleBuilder,
  { candidates }: AdaptiveConfiguration,
  prepared: readonly Prepared[],
  [first, second]: readonly CandidateResult[],
): Record<string, Word> {
  const stage = 'e10_choose';
  // Errors are not negative: their order is that of their codes.
  const better = second!.error.lessThan(first!.error).named('second_is_better');
  const marked = candidates.some(({ selected }) => selected);
  const scales = prepared.map(({ scale }, c) =>
    marked ? concat(m.constant(1, candidates[c]!.selected ? 1 : 0), scale) : scale,
  );
  const register = (name: string, word: Word) => m.register(`e10_${name}`, word, { stage });
  return {
    codes: register('codes', better.choose(second!.codes, first!.codes)),
    scale_code: register('scale', better.choose(scales[1]!, scales[0]!)),
    done: register('done', first!.complete.and(second!.complete)),
  };
}

/** The unit as a design. */
export function adaptiveDesign(configuration: AdaptiveConfiguration): UnitDesign {
  const { name, summary, format, policy, candidates, divisor } = configuration;
  const { blockSize } = format;
  const marked = candidates.some(({ selected }) => selected);
  const scaleWidth = marked ? Math.log2(SELECTOR_BIT) + 1 : widthOf(UE4M3);
  const design = unitDesign(
    {
      kind: 'quantizer',
      name,
      summary,
      format,
      policy,
      lanes: 1,
      module: adaptiveModule(configuration),
      protocol: {
        enable: 'en',
        done: 'done',
        interval: 1,
        inputs: [
          {
            port: 'x',
            width: blockSize * INPUT_WIDTH,
            meaning: '16 BF16 elements, element 0 lowest',
            format: 'bf16',
          },
          {
            port: 'enc',
            width: 32,
            meaning: `FP32 encode scale of the tensor, ${divisor} / amax`,
            format: 'fp32',
          },
          { port: 'dec', width: 32, meaning: 'FP32 1 / enc', format: 'fp32' },
          { port: 'amax', width: 32, meaning: 'FP32 largest magnitude of the tensor', format: 'fp32' },
        ],
        outputs: [
          { port: 'codes', width: blockSize * 4, meaning: '16 element codes, element 0 lowest' },
          {
            port: 'scale_code',
            width: scaleWidth,
            meaning: marked ? 'UE4M3 code, bit 7 set for INT4' : 'UE4M3 code',
          },
        ],
      },
    },
    {},
  );
  return { ...design, protocol: { ...design.protocol, interval: design.latencyCycles } };
}
