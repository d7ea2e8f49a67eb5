/**
 * The words of a liberty file, read one at a time from its bytes.
 *
 * Source of the syntax: Liberty User Guide, "Library group description and syntax": groups `name (arguments) { … }`,
 * attributes `name : value ;` and `name (values) ;`, comments of C, lines continued by a backslash.
 * Not modelled: character encodings (bytes are read as Latin-1; names and figures are ASCII in practice), `include_file`.
 */
import { ConfigurationError } from '../../../src/numerics/index.js';

/** What a token is: punctuation stands for itself. */
export type TokenKind = 'word' | 'string' | '{' | '}' | '(' | ')' | ':' | ';' | ',' | 'end';

/** Longest string, in bytes: a table of values fits many times over. */
const MAX_STRING_BYTES = 2 ** 20;
/** Longest name or number, in bytes. */
const MAX_WORD_BYTES = 4096;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const SLASH = 0x2f;
const STAR = 0x2a;
const BACKSLASH = 0x5c;

/** What a byte may begin: 0 part of a word, 1 white space, 2 punctuation, 3 a quote, 4 not text. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (' \t\r\n\f\v'.includes(String.fromCharCode(byte))) return 1;
  if ('{}():;,'.includes(String.fromCharCode(byte))) return 2;
  if (byte === QUOTE) return 3;
  return byte < 0x20 || byte === 0x7f ? 4 : 0;
});

/** Reads tokens of one file. After `next`, `kind`, `text` and `line` describe the token. */
export class LibertyTokens {
  kind: TokenKind = 'end';
  /** The characters of a word or a string, without quotes; empty for punctuation. */
  text = '';
  /** Line of the token, from 1. */
  line = 1;
  /** A line break lies between the token before and this one. */
  afterBreak = false;
  readonly #bytes: Buffer;
  readonly #source: string;
  #at = 0;
  /** Line of the byte at `#at`. */
  #line = 1;

  /** `source` names the file in errors. */
  constructor(bytes: Uint8Array, source: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
  }

  /** Moves to the next token. Throws `ConfigurationError` on what is no liberty text. */
  next(): TokenKind {
    const before = this.#line;
    this.#skipBlanks();
    this.afterBreak = this.#line !== before;
    this.line = this.#line;
    this.text = '';
    this.kind = this.#read();
    return this.kind;
  }

  /** An error at the present token. */
  error(problem: string, hint?: string): ConfigurationError {
    return new ConfigurationError(`${this.#source}, line ${this.line}: ${problem}`, hint);
  }

  #read(): TokenKind {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return 'end';
    const what = CLASSES[byte]!;
    if (what === 4) {
      throw this.error(`byte 0x${byte.toString(16).padStart(2, '0')} is not text`, 'expected a liberty file');
    }
    if (what === 3) return this.#readString();
    if (what === 0) return this.#readWord();
    this.#at++;
    return String.fromCharCode(byte) as TokenKind;
  }

  #readWord(): TokenKind {
    const start = this.#at;
    while (this.#at < this.#bytes.length && CLASSES[this.#bytes[this.#at]!] === 0 && !this.#atComment()) {
      if (this.#atContinuation()) break;
      this.#at++;
    }
    if (this.#at - start > MAX_WORD_BYTES) throw this.error(`a word of more than ${MAX_WORD_BYTES} bytes`);
    this.text = this.#bytes.toString('latin1', start, this.#at);
    return 'word';
  }

  #readString(): TokenKind {
    const start = this.#at + 1;
    const limit = Math.min(this.#bytes.length, start + MAX_STRING_BYTES);
    let end = start;
    while (end < limit && this.#bytes[end] !== QUOTE) {
      if (this.#bytes[end] === NEWLINE) this.#line++;
      if (this.#bytes[end] === BACKSLASH && this.#bytes[end + 1] === QUOTE) end++;
      end++;
    }
    if (end >= this.#bytes.length) throw this.error('a string that is never closed');
    if (end >= limit) throw this.error(`a string of more than ${MAX_STRING_BYTES} bytes`);
    this.text = this.#bytes.toString('latin1', start, end);
    this.#at = end + 1;
    return 'string';
  }

  #skipBlanks(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return;
      if (CLASSES[byte] === 1) {
        if (byte === NEWLINE) this.#line++;
        this.#at++;
      } else if (this.#atComment()) this.#skipComment();
      else if (this.#atContinuation()) this.#at++;
      else return;
    }
  }

  #atComment(): boolean {
    if (this.#bytes[this.#at] !== SLASH) return false;
    const second = this.#bytes[this.#at + 1];
    return second === STAR || second === SLASH;
  }

  /** A backslash at the end of a line. */
  #atContinuation(): boolean {
    if (this.#bytes[this.#at] !== BACKSLASH) return false;
    const second = this.#bytes[this.#at + 1];
    return second !== undefined && CLASSES[second] === 1;
  }

  #skipComment(): void {
    const block = this.#bytes[this.#at + 1] === STAR;
    const end = this.#bytes.indexOf(block ? '*/' : '\n', this.#at + 2, 'latin1');
    if (end < 0 && block) {
      this.line = this.#line;
      throw this.error('a comment that is never closed');
    }
    const stop = end < 0 ? this.#bytes.length : end + (block ? 2 : 0);
    for (; this.#at < stop; this.#at++) if (this.#bytes[this.#at] === NEWLINE) this.#line++;
  }
}
