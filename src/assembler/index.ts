/** Program text to program value and back: lex, parse, resolve, encode, disassemble. Returns diagnostics. */
export { type AssembleOptions, type AssembleResult, assemble } from './assemble.js';
export { DIAGNOSTIC_LIMIT, formatDiagnostics } from './diagnostics.js';
export { DIRECTIVES, type DirectiveSpec } from './directives.js';
export { disassemble, instructionTexts, scheduleText } from './disassemble.js';
export { encodeProgram } from './encode-program.js';
export { DEPTH_LIMIT, EXPANDED_LINES_LIMIT, type ListedLine } from './expansion/expander.js';
export { type IncludeFinder, includeFrom } from './expansion/include-files.js';
export { formatProgram } from './format.js';
export { listing } from './listing.js';
export { isObject, readObject, writeObject } from './object-file.js';
export * from './program.js';
export { type StoredFormat, storedBytes, storedFormat } from './storage.js';
export { describeUses } from './uses.js';
export { type DirectiveWord, type InstructionWord, type LanguageWords, languageWords } from './words.js';
