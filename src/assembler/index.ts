/** Program text to program value and back: lex, parse, resolve, encode, disassemble. Returns diagnostics. */
export * from './program.js';
