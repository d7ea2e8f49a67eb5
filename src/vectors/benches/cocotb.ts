/** `test_<id>.py`: the bench as cocotb tests, one a class. For cocotb 1.9 and 2. */
import type { BenchPlan } from './plan.js';
import { BUBBLE_RULE, TIMEOUT_EDGES } from './rules.js';

export function cocotbTest(plan: BenchPlan): string {
  const { unit, device, inputs, results, sets, first, last, check, nan, latencyCycles } = plan;
  const { layout } = plan;
  const fields = (list: readonly { name: string; low: number; width: number }[]) =>
    list.map(({ name, low, width }) => `    ("${name}", ${low}, ${width}),`).join('\n');
  const flag = (field: { low: number } | undefined) => (field === undefined ? 'None' : `${field.low}`);
  const hasDone = device.done !== undefined;
  return `"""Plays the vectors ${unit.stem} into ${device.module} and compares every result: a test for each class.

Environment: VECTORS, the folder of the vectors; LIMIT, vectors of each class; BUBBLES, of 16 edges that are idle in
every other ${BUBBLE_RULE.every} vectors.
"""

import os
from collections import deque
from pathlib import Path

import cocotb
from cocotb.triggers import Timer

# (name, lowest bit in the word of a line, width)
INPUTS = [
${fields(inputs)}
]
RESULTS = [
${fields(results)}
]
# Flags of a vector, by their bit.
FIRST, LAST, CHECK, NAN = ${flag(first)}, ${flag(plan.resultAfter === 'last' ? last : undefined)}, ${flag(check)}, ${flag(nan)}
NEXT_FIRST = ${plan.resultAfter === 'next-first' ? 'True' : 'False'}
HAS_ENABLE, HAS_DONE = ${device.enable === undefined ? 'False' : 'True'}, ${hasDone ? 'True' : 'False'}
LATENCY = ${latencyCycles ?? 'None'}  # edges from the one that completes a result; None: done says when
INTERVAL = ${plan.intervalCycles}
TIMEOUT = ${TIMEOUT_EDGES}
LINE_BYTES = ${layout.lineBytes}
SETS = {
${sets.map(({ name, file, count }) => `    "${name}": ("${file}", ${count}),`).join('\n')}
}


def flag(vector, bit):
    """A flag of a vector; 1 where there is none."""
    return 1 if bit is None else vector >> bit & 1


def field(vector, low, width):
    return vector >> low & ((1 << width) - 1)


def mixed(x):
    x &= 0xFFFFFFFF
${BUBBLE_RULE.mix.map(([shift, factor]) => `    x ^= x >> ${shift}${factor === undefined ? '' : `\n    x = x * 0x${factor.toString(16)} & 0xFFFFFFFF`}`).join('\n')}
    return x


def load(name):
    """The vectors of a class as numbers."""
    file, count = SETS[name]
    path = Path(os.environ.get("VECTORS", ".")) / file
    data = path.read_bytes()
    assert len(data) == count * LINE_BYTES, f"{path} has {len(data)} bytes, expected {count * LINE_BYTES}"
    limit = int(os.environ.get("LIMIT", count))
    return [int(line, 16) for line in data.decode().split()[:limit]]


class Bench:
    def __init__(self, dut, vectors):
        self.dut = dut
        self.vectors = vectors
        self.pending = deque()
        self.edges = 0
        self.results = 0
        self.problems = []

    async def clock(self, enable, word):
        """One edge: the device takes what is on its ports, and only then they change."""
        dut = self.dut
        dut.clk.value = 1
        await Timer(4, "ns")
        dut.en.value = enable
        for name, low, width in INPUTS:
            getattr(dut, name).value = field(word, low, width)
        await Timer(1, "ns")
        dut.clk.value = 0
        await Timer(5, "ns")
        self.edges += 1

    async def edge(self, enable, word):
        await self.clock(enable, word)
        self.answer()

    async def rest(self, noise):
        """An idle edge: the other ports carry noise, which the device must not see."""
        word = int(f"{noise:08x}" * ${Math.ceil(layout.wordBits / 32)}, 16) if HAS_ENABLE else 0
        await self.edge(0, word)

    async def reset(self):
        self.dut.rst_n.value = 0
        self.dut.clk.value = 0
        for _ in range(4):
            await self.clock(0, 0)
        self.dut.rst_n.value = 1
        for _ in range(2):
            await self.clock(0, 0)

    def expect(self, index):
        self.pending.append((index, self.edges + 1 + (LATENCY or 0)))

    def answer(self):
        due = bool(self.pending) and self.pending[0][1] == self.edges
        done = str(self.dut.done.value) if HAS_DONE else str(int(due))
        wanted = done if LATENCY is None else str(int(due))
        if done != wanted or done not in "01":
            self.problems.append(f"done is {done}, expected {int(due)}, at edge {self.edges} after reset")
        if done == "1" and not self.pending and LATENCY is None:
            self.problems.append(f"done is 1 although no result is awaited, at edge {self.edges} after reset")
        elif wanted == "1":
            self.compare(self.pending.popleft()[0])

    def compare(self, index):
        vector = self.vectors[index]
        if not flag(vector, CHECK):
            return
        self.results += 1
        is_nan = NAN is not None and flag(vector, NAN)
        found = {name: str(getattr(self.dut, name).value) for name, _, _ in RESULTS}
        for name, low, width in RESULTS:
            expected = f"{field(vector, low, width):0{width}b}"
            if found[name] != expected and not (is_nan and low != NAN):
                digits = "".join(c if c in "01" else "x" for c in found[name])
                shown = f"0x{int(digits, 2):x}" if "x" not in digits else digits
                operands = " ".join(f"{n}={field(vector, l, w):x}" for n, l, w in INPUTS)
                self.problems.append(
                    f"vector {index} ({operands}): {name}: expected 0x{field(vector, low, width):x}, found {shown}"
                )

    async def play(self):
        bubbles = int(os.environ.get("BUBBLES", ${BUBBLE_RULE.sixteenths})) if HAS_ENABLE else 0
        since_first = INTERVAL
        await self.reset()
        for index, vector in enumerate(self.vectors):
            idle = 0
            first = flag(vector, FIRST)
            while True:
                noise = mixed(index * 64 + idle)
                bubble = index & ${BUBBLE_RULE.every} and noise & 15 < bubbles and idle < 63
                if not bubble and not (first and since_first < INTERVAL):
                    break
                idle += 1
                since_first += 1
                await self.rest(noise)
            since_first = 1 if first else since_first + 1
            if NEXT_FIRST:
                if first and index > 0:
                    self.expect(index - 1)
            elif flag(vector, LAST):
                self.expect(index)
            await self.edge(1, vector)
        rest = 0
        while rest <= (LATENCY or 0) + 2 or (self.pending and rest <= TIMEOUT):
            rest += 1
            await self.rest(mixed(len(self.vectors) * 64 + rest))
        if self.pending:
            self.problems.append(f"{len(self.pending)} results are missing, the first of vector {self.pending[0][0]}")


def test_of(name):
    async def plays(dut):
        bench = Bench(dut, load(name))
        await bench.play()
        assert not bench.problems, f"{name}: {len(bench.problems)} wrong of {bench.results}; first: {bench.problems[0]}"
        dut._log.info("%s: %d results", name, bench.results)

    plays.__name__ = plays.__qualname__ = "class_" + "".join(c if c.isalnum() else "_" for c in name)
    return cocotb.test()(plays)


for _name in SETS:
    globals()["class_" + "".join(c if c.isalnum() else "_" for c in _name)] = test_of(_name)
`;
}
