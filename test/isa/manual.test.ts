import { describe, expect, it } from 'vitest';
import { EXAMPLE_DECLARATIONS, exampleProgram, INSTRUCTIONS, manual } from '../../isa/index.js';
import { assemble, DIRECTIVES } from '../../src/assembler/index.js';
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

  it.each([...DIRECTIVES.values()].map(({ name, example }) => [name, example] as const))(
    'has an example of %s that assembles and uses it',
    (name, example) => {
      const text = `${example.join('\n')}\n${example.some((line) => line.startsWith('.grid')) ? '' : '.grid 1, 1\n'}.stream last\nhalt\n.endstream\n`;
      const include = () => ({ name: 'ring.inc', identity: 'ring.inc', text: '.barrier full[4]\n' });
      const { program, diagnostics } = assemble(text, 'example.s', { include });
      expect(diagnostics).toEqual([]);
      expect(program).toBeDefined();
      expect(example.some((line) => line.trimStart().startsWith(name))).toBe(true);
    },
  );

  it('shows the declarations that its examples use', () => {
    const text = manual(INSTRUCTIONS, []);
    for (const line of EXAMPLE_DECLARATIONS) expect(text).toContain(`\n${line}\n`);
    for (const { example } of INSTRUCTIONS) expect(text).toContain(`\n${example}\n`);
  });
});
