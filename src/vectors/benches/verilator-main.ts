/**
 * `<id>_main.cpp`: the bench as a C++ program around a model that Verilator makes of the adapter. The same play as the
 * SystemVerilog bench, some ten times faster.
 */
import { adapterName } from './adapter.js';
import type { BenchPlan } from './plan.js';
import { BUBBLE_RULE, PENDING, PLAYED_BEFORE, TIMEOUT_EDGES } from './rules.js';

export function verilatorMain(plan: BenchPlan): string {
  const { id, layout, inputs, results, device, latencyCycles, sets, first, last, check, nan } = plan;
  const model = `V${adapterName(plan)}`;
  const flag = (field: { offset: number } | undefined, otherwise: string) =>
    field === undefined ? otherwise : `line[${field.offset}] == '1'`;
  const ends = plan.resultAfter === 'last' ? flag(last, 'true') : 'true';
  const hasDone = device.done !== undefined;
  return `// Plays the vectors ${plan.unit.stem} into ${device.module} and compares every result.
// Arguments: those of ${id}_bench.sv, as +class=NAME.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include "${model}.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

static const char* const ID = "${id}";
static const long LINE_BYTES = ${layout.lineBytes}, WORD_DIGITS = ${layout.wordBits / 4};
static const bool STRICT = ${latencyCycles !== undefined}, HAS_DONE = ${hasDone}, HAS_ENABLE = ${device.enable !== undefined};
static const long LATENCY = ${latencyCycles ?? 0}, INTERVAL = ${plan.intervalCycles}, TIMEOUT = ${TIMEOUT_EDGES};
static const size_t PENDING = ${PENDING};

struct Set { const char* name; const char* file; long count; };
static const Set SETS[] = {
${sets.map(({ name, file, count }) => `  {"${name}", "${file}", ${count}},`).join('\n')}
};

static bool isFirst(const char* line) { return ${flag(first, 'true')}; }
static bool ends(const char* line) { return ${ends}; }
static bool isChecked(const char* line) { return ${flag(check, 'true')}; }
static bool isNan(const char* line) { return ${flag(nan, 'false')}; }

static const char DIGITS[] = "0123456789abcdef";
static unsigned digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

// Digits of text, most significant first, to and from a port of any width.
template <class Port> static void put(Port& port, const char* text, int digits) {
  uint64_t value = 0;
  for (int i = 0; i < digits; i++) value = value << 4 | digit(text[i]);
  port = static_cast<Port>(value);
}
template <std::size_t Words> static void put(VlWide<Words>& port, const char* text, int digits) {
  for (std::size_t w = 0; w < Words; w++) port[w] = 0;
  for (int i = 0; i < digits; i++) port[(digits - 1 - i) / 8] |= digit(text[i]) << 4 * ((digits - 1 - i) % 8);
}
template <class Port> static unsigned nibble(const Port& port, int i) { return port >> 4 * i & 15; }
template <std::size_t Words> static unsigned nibble(const VlWide<Words>& port, int i) {
  return port[i / 8] >> 4 * (i % 8) & 15;
}
template <class Port> static std::string get(const Port& port, int digits) {
  std::string text(digits, '0');
  for (int i = 0; i < digits; i++) text[digits - 1 - i] = DIGITS[nibble(port, i)];
  return text;
}

static uint32_t mixed(uint32_t x) {
${BUBBLE_RULE.mix.map(([shift, factor]) => `  x ^= x >> ${shift};${factor === undefined ? '' : `\n  x *= 0x${factor.toString(16)}u;`}`).join('\n')}
  return x;
}

struct Options {
  std::string folder = ".", only;
  long limit = -1, from = 0, bubbles = HAS_ENABLE ? ${BUBBLE_RULE.sixteenths} : 0, errors = 100;
  bool wave = false, nowave = false;

  Options(int argc, char** argv) {
    for (int i = 1; i < argc; i++) {
      const std::string text = argv[i], name = text.substr(0, text.find('='));
      const std::string value = text.size() > name.size() ? text.substr(name.size() + 1) : "";
      if (name == "+vectors") folder = value;
      else if (name == "+class") only = value;
      else if (name == "+limit") limit = std::atol(value.c_str());
      else if (name == "+from") from = std::atol(value.c_str());
      else if (name == "+bubbles") bubbles = std::atol(value.c_str());
      else if (name == "+errors") errors = std::atol(value.c_str());
      else if (name == "+wave") wave = true;
      else if (name == "+nowave") nowave = true;
    }
  }
};

// The lines of a file of vectors; ends the program where it is not as it should be.
static std::string load(const Options& options, const Set& set) {
  const std::string path = options.folder + "/" + set.file;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) {
    std::fprintf(stderr, "cannot read %s: +vectors=DIR says where the vectors are\\n", path.c_str());
    std::exit(2);
  }
  std::string text(set.count * LINE_BYTES + 1, '\\0');
  const size_t size = std::fread(&text[0], 1, text.size(), file);
  std::fclose(file);
  if (size != text.size() - 1) {
    std::fprintf(stderr, "%s has %zu bytes or more, expected %zu: it is cut off, or not of this bench\\n",
                 path.c_str(), size, text.size() - 1);
    std::exit(2);
  }
  if (text.find_first_not_of("0123456789abcdefABCDEF_\\n") != text.size() - 1) {
    std::fprintf(stderr, "%s is not made of hexadecimal digits\\n", path.c_str());
    std::exit(2);
  }
  return text;
}

class Bench {
 public:
  long vectors = 0, results = 0, wrong = 0, wrongVector = 0;
  const Set* wrongSet = nullptr;
  bool replaying = false;

  Bench(const Options& options, VerilatedContext& context) : options(options), context(context), dut(&context) {}

  void trace() {
#if VM_TRACE
    if (waves) return;
    context.traceEverOn(true);
    waves.reset(new VerilatedVcdC);
    dut.trace(waves.get(), 99);
    waves->open((std::string(ID) + ".vcd").c_str());
#endif
  }

  // Plays vectors from the beginning of a dot product to before \`to\`.
  void play(const Set& chosen, const std::string& text, long from, long to) {
    set = &chosen;
    lines = text.data();
    begin(from);
    for (index = start; index < to && wrong < options.errors; edge()) drive();
    for (long rest = 0; rest <= LATENCY + 2 || (!pending.empty() && rest <= TIMEOUT); rest++) {
      idle++;
      relax(mixed(static_cast<uint32_t>(index * 64 + idle)));
      edge();
    }
    if (pending.empty()) return;
    if (complain(pending.front().vector))
      std::printf("  %zu results are missing at the end of class %s\\n", pending.size(), set->name);
  }

 private:
  struct Awaited { long vector, due; };

  const Options& options;
  VerilatedContext& context;
  ${model} dut;
#if VM_TRACE
  std::unique_ptr<VerilatedVcdC> waves;
#endif
  const Set* set = nullptr;
  const char* lines = nullptr;
  std::string next;  // the line that goes onto the ports
  std::deque<Awaited> pending;
  long index = 0, start = 0, edges = 0, idle = 0, sinceFirst = 0;
  bool opened = false, taking = false;

  const char* at(long vector) const { return lines + vector * LINE_BYTES; }

  void begin(long vector) {
    while (vector > 0 && !isFirst(at(vector))) vector--;
    start = index = vector;
    pending.clear();
    opened = false;
    idle = edges = 0;
    sinceFirst = INTERVAL;
    next.assign(LINE_BYTES, '0');
    taking = false;
    dut.rst_n = 0;
    for (int i = 0; i < 4; i++) clock();
    dut.rst_n = 1;
    for (int i = 0; i < 2; i++) clock();
  }

  // One edge: the device takes what is on its ports, and only then they change.
  void clock() {
    dut.clk = 1;
    step();
    dut.en = taking;
${inputs.map(({ name, offset, digits }) => `    put(dut.${name}, next.data() + ${offset}, ${digits});`).join('\n')}
    step();
    dut.clk = 0;
    step();
    edges++;
  }

  void step() {
    dut.eval();
    context.timeInc(1);
#if VM_TRACE
    if (waves) waves->dump(context.time());
#endif
  }

  void edge() {
    clock();
    answer();
  }

  void drive() {
    const uint32_t noise = mixed(static_cast<uint32_t>(index * 64 + idle));
    const char* line = at(index);
    if ((isFirst(line) && sinceFirst < INTERVAL) ||
        ((index & ${BUBBLE_RULE.every}) && static_cast<long>(noise & 15) < options.bubbles && idle < 63)) {
      idle++;
      sinceFirst++;
      relax(noise);
      return;
    }
    if (isFirst(line)) sinceFirst = 0;
    sinceFirst++;
    idle = 0;
    taking = true;
    next.assign(line, LINE_BYTES);
    if (!replaying) vectors++;
    ${plan.resultAfter === 'next-first' ? 'if (isFirst(line) && opened) expect(index - 1);' : 'if (ends(line)) expect(index);'}
    opened = true;
    index++;
  }

  // An idle edge: the other ports carry noise, which the device must not see.
  void relax(uint32_t noise) {
    taking = false;
    if (!HAS_ENABLE) { next.assign(LINE_BYTES, '0'); return; }
${inputs.map(({ offset, digits, low, width }) => `    put_noise(noise, ${offset}, ${digits}, ${low / 4}, ${2 ** (((width - 1) % 4) + 1) - 1});`).join('\n')}
  }

  void put_noise(uint32_t noise, int offset, int digits, int lowest, unsigned topMask) {
    for (int i = 0; i < digits; i++) {
      unsigned value = noise >> 4 * ((lowest + i) % 8) & 15;
      if (i == digits - 1) value &= topMask;
      next[offset + digits - 1 - i] = DIGITS[value];
    }
  }

  void expect(long vector) {
    if (pending.size() == PENDING) {
      if (complain(vector)) std::printf("  the device has not answered %zu results\\n", PENDING);
      pending.clear();
    }
    pending.push_back({vector, edges + 1 + LATENCY});
  }

  void answer() {
    const bool due = !pending.empty() && pending.front().due == edges;
    const bool done = ${hasDone ? 'dut.done' : 'due'};
    if (STRICT && done != due) {
      const long vector = !pending.empty() ? pending.front().vector : index == 0 ? 0 : index - 1;
      if (complain(vector)) std::printf("  done is %d, expected %d\\n", done, due);
    }
    if (!STRICT && done && pending.empty()) {
      if (complain(index == 0 ? 0 : index - 1)) std::printf("  done is 1 although no result is awaited\\n");
      return;
    }
    if (STRICT ? !due : !done) return;
    compare(pending.front().vector);
    pending.pop_front();
  }

  void compare(long vector) {
    const char* line = at(vector);
    if (!isChecked(line)) return;
    if (!replaying) results++;
    const struct { const char* name; int offset, digits; std::string found; bool isNan; } fields[] = {
${results.map((field) => `        {"${field.name}", ${field.offset}, ${field.digits}, get(dut.${field.name}, ${field.digits}), ${field.name === nan?.name}},`).join('\n')}
    };
    bool equal = true;
    for (const auto& field : fields) {
      if (isNan(line) && !field.isNan) continue;
      if (field.found.compare(0, field.digits, line + field.offset, field.digits) != 0) equal = false;
    }
    if (equal || !complain(vector)) return;
    for (const auto& field : fields)
      std::printf("  %s: expected %.*s, found %s\\n", field.name, field.digits, line + field.offset, field.found.c_str());
  }

  // Counts a mismatch; true for the first one, which is told in full.
  bool complain(long vector) {
    if (replaying || ++wrong > 1) return false;
    wrongSet = set;
    wrongVector = vector;
    std::printf("first mismatch: class %s, vector %ld, edge %ld after reset\\n", set->name, vector, edges);
    long from = vector;
    while (from > 0 && vector - from < 8 && !isFirst(at(from))) from--;
    for (long i = from; i <= vector; i++) {
      const char* line = at(i);
      std::printf("  vector %ld:", i);
${inputs.map(({ name, offset, digits }) => `      std::printf(" ${name}=%.${digits}s", line + ${offset});`).join('\n')}
      std::printf("\\n");
    }
    return true;
  }
};

int main(int argc, char** argv) {
  const Options options(argc, argv);
  VerilatedContext context;
  context.commandArgs(argc, argv);
  Bench bench(options, context);
  if (options.wave) bench.trace();
  for (const Set& set : SETS) {
    if (!options.only.empty() && options.only != set.name) continue;
    const std::string text = load(options, set);
    const long results = bench.results, wrong = bench.wrong;
    const long to = options.limit < 0 || options.from + options.limit > set.count ? set.count : options.from + options.limit;
    bench.play(set, text, options.from, to);
    std::printf("%s: %ld results, %ld wrong\\n", set.name, bench.results - results, bench.wrong - wrong);
    if (bench.wrong >= options.errors) break;
  }
  if (bench.vectors == 0) {
    std::fprintf(stderr, "there is nothing to play: +class=%s\\n", options.only.c_str());
    return 2;
  }
  if (bench.wrong == 0) {
    std::printf("PASS %s: %ld vectors, %ld results\\n", ID, bench.vectors, bench.results);
    return 0;
  }
#if VM_TRACE
  if (!options.nowave && !options.wave) {
    bench.replaying = true;
    bench.trace();
    const Set& set = *bench.wrongSet;
    const long to = bench.wrongVector + 2 > set.count ? set.count : bench.wrongVector + 2;
    bench.play(set, load(options, set), bench.wrongVector < ${PLAYED_BEFORE} ? 0 : bench.wrongVector - ${PLAYED_BEFORE}, to);
    std::printf("the vectors before it, played again: %s.vcd\\n", ID);
  }
#endif
  std::printf("FAIL %s: %ld wrong; %ld vectors, %ld results\\n", ID, bench.wrong, bench.vectors, bench.results);
  return 1;
}
`;
}
