import { describe, expect, it } from 'vitest';
import { EXAMPLE_DECLARATIONS, exampleProgram, INSTRUCTIONS, manual } from '../../isa/index.js';
import { DIRECTIVES } from '../../src/assembler/index.js';
import { assembled } from '../assembler/support.js';

describe('the manual', () => {
  it('is what the records generate (vitest -u writes it)', async () => {
    await expect(manual(INSTRUCTIONS, [...DIRECTIVES.values()])).toMatchFileSnapshot('../../isa/manual.md');
  });

  it.each(INSTRUCTIONS.map(({ mnemonic, example }) => [mnemonic, example] as const))(
    'has an example of %s that assembles to it',
    (mnemonic, example) => {
      const { instructions } = assembled(exampleProgram(example));
      expect(instructions.map(({ spec }) => spec.mnemonic)).toEqual([mnemonic, 'halt']);
    },
  );

  it('shows the declarations that its examples use', () => {
    const text = manual(INSTRUCTIONS, []);
    for (const line of EXAMPLE_DECLARATIONS) expect(text).toContain(`\n${line}\n`);
    for (const { example } of INSTRUCTIONS) expect(text).toContain(`\n${example}\n`);
  });
});
