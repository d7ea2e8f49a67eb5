/**
 * Passes over a logic that look at repeated instances once: their outputs become sources of everything else, one
 * instance of each kind stays, and what the passes made of it is copied to the others.
 *
 * What crosses the outputs of such an instance is not simplified further. The logic tells which of its cones are copies.
 */
import { Aig, FALSE, type Literal } from './aig.js';
import { depthFirst, type Logic } from './logic.js';
import { findRepeats, type Occurrence, type Repeat } from './repeats.js';

/** The logic after `passes`, which keep the order of sources and outputs. */
export function withReuse(logic: Logic, passes: (logic: Logic) => Logic): Logic {
  const repeats = findRepeats(logic);
  if (repeats.length === 0) return passes(logic);
  const whole = depthFirst(new Expansion(logic, repeats, passes(reduced(logic, repeats))).run())!;
  return { ...whole, alike: whole.alike!.map(withoutGaps) };
}

/** Cones without the places, other than the first, at which all of them have the constant or nothing. */
function withoutGaps(cones: readonly Int32Array[]): Int32Array[] {
  const places = Int32Array.from(cones[0]!.keys()).filter(
    (place) => place === 0 || cones.some((nodes) => nodes[place]! > 0),
  );
  return cones.map((nodes) => places.map((place) => nodes[place]!));
}

/** Copies cones of one graph into another. */
class Copier {
  /** Literal in the target of each node; −1 for those not copied yet. */
  readonly made: Int32Array;
  readonly #from: Aig;
  readonly #target: Aig;
  readonly #scopeOf: (scope: number) => number;

  constructor(from: Aig, target: Aig, made: Int32Array, scopeOf = (scope: number) => scope) {
    this.#from = from;
    this.#target = target;
    this.made = made;
    this.#scopeOf = scopeOf;
  }

  copy(literal: Literal): Literal {
    const node = literal >> 1;
    if (this.made[node]! < 0) {
      const [left, right] = [this.copy(this.#from.left[node]!), this.copy(this.#from.right[node]!)];
      this.#target.scope = this.#scopeOf(this.#from.scopes[node]!);
      this.made[node] = this.#target.and(left, right);
    }
    return this.made[node]! ^ (literal & 1);
  }

  /** The literal that stands for one; −1 if it was not copied. */
  at(literal: Literal): Literal {
    const made = literal < 0 ? -1 : this.made[literal >> 1]!;
    return made < 0 ? -1 : made ^ (literal & 1);
  }
}

/** Nothing copied yet but the constant. */
function nothingMade(nodes: number): Int32Array {
  const made = new Int32Array(nodes).fill(-1);
  made[0] = FALSE;
  return made;
}

/**
 * The logic with the outputs of repeated instances as further sources, occurrence by occurrence, and as further outputs
 * for the first of each.
 */
function reduced(logic: Logic, repeats: readonly Repeat[]): Logic {
  const { aig } = logic;
  const target = new Aig();
  const made = nothingMade(aig.count);
  const sourceFor = (node: number) => {
    target.scope = aig.scopes[node]!;
    made[node] = target.source();
    return made[node]!;
  };
  const sources = logic.sources.map((source) => sourceFor(source >> 1));
  const inside = new Copier(aig, target, made.slice());
  const further = repeats.flat().flatMap(({ outputs }) => outputs.map(sourceFor));
  const outside = new Copier(aig, target, made);
  const firsts = repeats.flatMap(([first]) => first!.outputs);
  return {
    gates: logic.gates,
    aig: target,
    sources: [...sources, ...further],
    outputs: [
      ...logic.outputs.map((literal) => outside.copy(literal)),
      ...firsts.map((node) => inside.copy(2 * node)),
    ],
    flipFlops: logic.flipFlops.map((flipFlop) => ({ ...flipFlop, next: outside.copy(flipFlop.next) })),
    literals: logic.literals.map((literal) => Math.max(inside.at(literal), outside.at(literal))),
  };
}

/** The whole logic from what passes made of the reduced one. */
class Expansion {
  readonly #logic: Logic;
  readonly #repeats: readonly Repeat[];
  readonly #small: Logic;
  readonly #target = new Aig();
  /** Source of the target for each source node of the old graph. */
  readonly #sources: Int32Array;
  /** A gate for each node of the old graph that has one. */
  readonly #gates: Int32Array;
  readonly #literals: Int32Array;

  constructor(logic: Logic, repeats: readonly Repeat[], small: Logic) {
    this.#logic = logic;
    this.#repeats = repeats;
    this.#small = small;
    this.#sources = nothingMade(logic.aig.count);
    for (const source of logic.sources) {
      this.#target.scope = logic.aig.scopes[source >> 1]!;
      this.#sources[source >> 1] = this.#target.source();
    }
    this.#gates = new Int32Array(logic.aig.count).fill(-1);
    logic.literals.forEach((literal, gate) => {
      if (literal >= 0) this.#gates[literal >> 1] = gate;
    });
    this.#literals = new Int32Array(logic.literals.length).fill(-1);
  }

  run(): Logic {
    const { sources, outputs, flipFlops, literals } = this.#small;
    const old = this.#logic;
    const made = nothingMade(this.#small.aig.count);
    old.sources.forEach((source, i) => {
      made[sources[i]! >> 1] = this.#sources[source >> 1]!;
    });
    let [nextSource, nextRoot] = [old.sources.length, old.outputs.length];
    const alike = this.#repeats.map((repeat) => {
      const roots = outputs.slice(nextRoot, nextRoot + repeat[0]!.outputs.length);
      nextRoot += roots.length;
      return repeat.map((occurrence) => {
        const copier = this.#instantiate(repeat[0]!, occurrence, roots);
        for (const root of roots) made[sources[nextSource++]! >> 1] = copier.at(root);
        return copier.made.map((literal) => literal >> 1);
      });
    });
    const rest = new Copier(this.#small.aig, this.#target, made);
    return {
      gates: old.gates,
      aig: this.#target,
      sources: old.sources.map((source) => this.#sources[source >> 1]!),
      outputs: outputs.slice(0, old.outputs.length).map((literal) => rest.copy(literal)),
      flipFlops: flipFlops.map((flipFlop) => ({ ...flipFlop, next: rest.copy(flipFlop.next) })),
      literals: literals.map((literal, gate) => {
        const inside = this.#literals[gate]!;
        return inside >= 0 ? inside : rest.at(literal);
      }),
      alike,
    };
  }

  /** Copies the outputs of an occurrence, given those of the first. */
  #instantiate(first: Occurrence, occurrence: Occurrence, roots: readonly Literal[]): Copier {
    const { aig, sources } = this.#small;
    // Whatever else the passes made a cone read cannot matter to it: any value will do.
    const made = nothingMade(aig.count);
    for (const source of sources) made[source >> 1] = FALSE;
    const smallSource = new Map(this.#logic.sources.map((source, i) => [source >> 1, sources[i]! >> 1]));
    first.nodes.forEach((node, i) => {
      const source = smallSource.get(node);
      if (source !== undefined) made[source] = this.#sources[occurrence.nodes[i]!]!;
    });
    const copier = new Copier(aig, this.#target, made, this.#scopesOf(first, occurrence));
    for (const root of roots) copier.copy(root);
    this.#noteGates(first, occurrence, copier);
    return copier;
  }

  /** What has become of the gates of an occurrence: the same as of those of the first. */
  #noteGates(first: Occurrence, occurrence: Occurrence, copier: Copier): void {
    const old = this.#logic.literals;
    occurrence.nodes.forEach((node, i) => {
      const [gate, likeGate] = [this.#gates[node]!, this.#gates[first.nodes[i]!]!];
      if (gate < 0 || likeGate < 0) return;
      const literal = copier.at(this.#small.literals[likeGate]!);
      if (literal >= 0) this.#literals[gate] = literal ^ ((old[gate]! ^ old[likeGate]!) & 1);
    });
  }

  /** Instances inside the first occurrence to those inside another one. */
  #scopesOf(first: Occurrence, occurrence: Occurrence): (scope: number) => number {
    const inside = this.#scopesWithin(first.scope);
    const theirs = this.#scopesWithin(occurrence.scope);
    const map = new Map(inside.map((scope, i) => [scope, theirs[i]!]));
    return (scope) => map.get(scope) ?? scope;
  }

  #scopesWithin(outer: number): number[] {
    const { hierarchy } = this.#logic.gates;
    const within = new Set([outer]);
    hierarchy.forEach(({ parent }, scope) => {
      if (within.has(parent) && scope !== outer) within.add(scope);
    });
    return [...within];
  }
}
