/** `<id>_model_check.c`: a model against the vectors, without a simulator. */
import { type PlacedField, withRole } from '../../layout.js';
import type { BenchPlan } from '../plan.js';
import { modelName, sliceName } from './prototype.js';

export function checkText(plan: BenchPlan): string {
  const { inputs, layout, sets, check, nan, resultAfter, last } = plan;
  const results = withRole(layout, 'result');
  const words = (width: number) => Math.ceil(width / 32);
  const declare = [...inputs, ...results].map(({ name, width }) => `${name}[${words(width)}]`);
  const parse = inputs.map(
    ({ name, offset, digits, width }) =>
      `      parse(${name}, ${words(width)}, line + ${offset}, ${digits});`,
  );
  const flag = (field: PlacedField | undefined) =>
    field === undefined ? '1' : `line[${field.offset}] == '1'`;
  const wrong = results.map(({ name, offset, digits, width }) => {
    const differs = `differs(${name}, ${words(width)}, line + ${offset}, ${digits})`;
    return nan === undefined || name === nan.name ? differs : `(!(${flag(nan)}) && ${differs})`;
  });
  return `/* Plays the vectors ${plan.unit.stem} into the model. Argument: the folder of the vectors. */
#include <stdio.h>
#include <string.h>
#include "${modelName(plan)}.h"

static unsigned digit(char c) { return (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10); }

static void parse(uint32_t* words, int count, const char* text, int digits) {
  int i;
  memset(words, 0, 4 * count);
  for (i = 0; i < digits; i++) words[(digits - 1 - i) / 8] |= (uint32_t)digit(text[i]) << 4 * ((digits - 1 - i) % 8);
}

static int differs(const uint32_t* words, int count, const char* text, int digits) {
  uint32_t expected[${Math.max(...results.map(({ width }) => words(width)))}];
  parse(expected, count, text, digits);
  return memcmp(words, expected, 4 * count) != 0;
}

int main(int argc, char** argv) {
  static const struct { const char* name; const char* file; long count; } sets[] = {
${sets.map(({ name, file, count }) => `    {"${name}", "${file}", ${count}},`).join('\n')}
  };
  char line[${layout.lineBytes + 2}], path[4096];
  uint32_t ${declare.join(', ')};
  long wrong = 0, results = 0, i;
  size_t s;
  for (s = 0; s < sizeof sets / sizeof sets[0]; s++) {
    FILE* file;
    snprintf(path, sizeof path, "%s/%s", argc > 1 ? argv[1] : ".", sets[s].file);
    if (!(file = fopen(path, "r"))) { perror(path); return 2; }
    for (i = 0; i < sets[s].count; i++) {
      if (!fgets(line, sizeof line, file) || strlen(line) != ${layout.lineBytes}) {
        fprintf(stderr, "%s is cut off at vector %ld\\n", path, i);
        return 2;
      }
${parse.join('\n')}
      ${sliceName(plan)}(${[...inputs, ...results].map(({ name }) => name).join(', ')});
      if (!(${flag(check)})${resultAfter === 'last' ? ` || !(${flag(last)})` : ''}) continue;
      results++;
      if (!(${wrong.join(' || ')})) continue;
      if (wrong++ == 0) printf("first mismatch: class %s, vector %ld: %s", sets[s].name, i, line);
    }
    fclose(file);
  }
  printf("%s ${plan.id}: %ld results, %ld wrong\\n", wrong == 0 ? "PASS" : "FAIL", results, wrong);
  return wrong != 0;
}
`;
}
