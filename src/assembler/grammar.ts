/**
 * The grammar of one line. It knows labels, mnemonics, directives, operands and constant expressions as shapes; which
 * mnemonics and directives exist is decided later.
 *
 *   line       = { ( word | .word ) ":" } [ .word [ argument { "," argument } ] | word [ expression { "," expression } ] ]
 *   argument   = [ word "=" ] expression [ "x" expression ]
 *   expression = unary { operator unary } [ "?" expression ":" expression ]
 *   unary      = { operator } primary
 *   primary    = number | string [ #key ] | %word | .word | "(" expression ")"
 *              | word [ "(" [ expression { "," expression } ] ")" | "[" expression { "," expression } "]" ]
 */
import type { IToken } from 'chevrotain';
import type {
  Argument,
  DirectiveNode,
  Expression,
  InstructionNode,
  LabelNode,
  NameNode,
  Statement,
} from './ast.js';
import { spanning } from './ast.js';
import { EmbeddedActionsParser } from './chevrotain.js';
import type { LineOrigin } from './expansion/source-line.js';
import {
  BinaryOperator,
  Colon,
  Comma,
  DottedWord,
  Equals,
  Key,
  LeftBracket,
  LeftParenthesis,
  NumberLiteral,
  numberOf,
  Question,
  RightBracket,
  RightParenthesis,
  ShapeSeparator,
  SpecialWord,
  StringLiteral,
  stringOf,
  TOKENS,
  UnaryOperator,
  Word,
} from './lexer.js';
import { combine } from './precedence.js';
import type { Span } from './program.js';
import { explain, type LineProblem, MESSAGES, spanOf } from './syntax-problem.js';

/** Parses the tokens of a line at a time. One instance serves a whole text; use `parseLine`. */
export class LineParser extends EmbeddedActionsParser {
  #origin: LineOrigin = { file: '', line: 1 };
  #labels: LabelNode[] = [];
  #problems: LineProblem[] = [];

  /** @param skipValidations whether to trust the grammar, as every start but the test of the grammar does */
  constructor(skipValidations = true) {
    super([...TOKENS], { errorMessageProvider: MESSAGES, skipValidations, maxLookahead: 2 });
    this.performSelfAnalysis();
  }

  /** The statement of a line; its labels are there even when the rest has problems. */
  parseLine(
    tokens: IToken[],
    origin: LineOrigin,
  ): { statement: Statement; problems: readonly LineProblem[] } {
    this.#origin = origin;
    this.#labels = [];
    this.#problems = [];
    this.input = tokens;
    const body = this.line();
    const [error] = this.errors;
    if (error !== undefined) this.#problems.push(explain(error.message, error.token, tokens, origin));
    return { statement: { labels: this.#labels, body }, problems: this.#problems };
  }

  readonly line = this.RULE('line', (): InstructionNode | DirectiveNode | undefined => {
    this.MANY(() => this.SUBRULE(this.label));
    return this.OPTION(() =>
      this.OR<InstructionNode | DirectiveNode>([
        { ALT: () => this.SUBRULE(this.directive) },
        { ALT: () => this.SUBRULE(this.instruction) },
      ]),
    );
  });

  readonly label = this.RULE('label', () => {
    const name = this.OR([{ ALT: () => this.CONSUME(Word) }, { ALT: () => this.CONSUME(DottedWord) }]);
    this.CONSUME(Colon);
    this.ACTION(() => this.#labels.push({ name: name.image, span: this.#span(name) }));
  });

  readonly directive = this.RULE('directive', (): DirectiveNode => {
    const name = this.CONSUME(DottedWord);
    const list: Argument[] = [];
    this.OPTION(() => {
      list.push(this.SUBRULE(this.argument));
      this.MANY(() => {
        this.CONSUME(Comma);
        list.push(this.SUBRULE2(this.argument));
      });
    });
    return this.ACTION(() => {
      const nameSpan = this.#span(name);
      return {
        kind: 'directive',
        name: name.image,
        nameSpan,
        arguments: list,
        span: spanning(nameSpan, list.at(-1)?.span ?? nameSpan),
      };
    });
  });

  readonly instruction = this.RULE('instruction', (): InstructionNode => {
    const mnemonic = this.CONSUME(Word);
    const operands = this.OPTION(() => this.SUBRULE(this.expressions)) ?? [];
    return this.ACTION(() => {
      const mnemonicSpan = this.#span(mnemonic);
      return {
        kind: 'instruction',
        mnemonic: mnemonic.image,
        mnemonicSpan,
        operands,
        span: spanning(mnemonicSpan, operands.at(-1)?.span ?? mnemonicSpan),
      };
    });
  });

  readonly expressions = this.RULE('expressions', (): Expression[] => {
    const list = [this.SUBRULE(this.expression)];
    this.MANY(() => {
      this.CONSUME(Comma);
      list.push(this.SUBRULE2(this.expression));
    });
    return list;
  });

  readonly argument = this.RULE('argument', (): Argument => {
    const name = this.OPTION(() => {
      const word = this.CONSUME(Word);
      this.CONSUME(Equals);
      return word;
    });
    const value = this.SUBRULE(this.expression);
    const cols = this.OPTION2(() => {
      this.CONSUME(ShapeSeparator);
      return this.SUBRULE2(this.expression);
    });
    return this.ACTION(() => {
      const label = name && this.#name(name);
      return { name: label, value, cols, span: spanning(label?.span ?? value.span, (cols ?? value).span) };
    });
  });

  readonly expression = this.RULE('expression', (): Expression => {
    const operands: Expression[] = [];
    const operators: string[] = [];
    operands.push(this.SUBRULE(this.unary));
    this.MANY(() => {
      operators.push(this.CONSUME(BinaryOperator).image);
      operands.push(this.SUBRULE2(this.unary));
    });
    const branches = this.OPTION(() => {
      this.CONSUME(Question);
      const yes = this.SUBRULE(this.expression);
      this.CONSUME(Colon);
      return { yes, no: this.SUBRULE2(this.expression) };
    });
    return this.ACTION(() => {
      const value = combine(operands, operators);
      if (branches === undefined) return value;
      return {
        kind: 'conditional',
        condition: value,
        ...branches,
        span: spanning(value.span, branches.no.span),
      };
    });
  });

  readonly unary = this.RULE('unary', (): Expression => {
    const operators: IToken[] = [];
    this.MANY(() => operators.push(this.CONSUME(UnaryOperator)));
    const operand = this.SUBRULE(this.primary);
    return this.ACTION(() =>
      operators.reduceRight<Expression>(
        (value, operator) => ({
          kind: 'unary',
          operator: operator.image,
          operand: value,
          span: spanning(this.#span(operator), value.span),
        }),
        operand,
      ),
    );
  });

  readonly primary = this.RULE(
    'primary',
    (): Expression =>
      this.OR<Expression>([
        { ALT: () => this.SUBRULE(this.number) },
        { ALT: () => this.SUBRULE(this.string) },
        { ALT: () => this.SUBRULE(this.special) },
        { ALT: () => this.SUBRULE(this.local) },
        { ALT: () => this.SUBRULE(this.parenthesised) },
        { ALT: () => this.SUBRULE(this.named) },
      ]),
  );

  readonly number = this.RULE('number', (): Expression => {
    const token = this.CONSUME(NumberLiteral);
    return this.ACTION(() => {
      const value = numberOf(token.image);
      const span = this.#span(token);
      if (!Number.isSafeInteger(value))
        this.#problem(span, 'the number is too large', 'numbers end at 2^53 - 1');
      return { kind: 'number', value, text: token.image, span };
    });
  });

  readonly string = this.RULE('string', (): Expression => {
    const token = this.CONSUME(StringLiteral);
    const key = this.OPTION(() => this.CONSUME(Key));
    return this.ACTION(() => {
      const span = this.#span(token);
      return {
        kind: 'string',
        value: this.#text(token, token.image),
        key: key && (key.image[1] === '"' ? this.#text(key, key.image.slice(1)) : key.image.slice(1)),
        span: key === undefined ? span : spanning(span, this.#span(key)),
      };
    });
  });

  readonly special = this.RULE('special', (): Expression => {
    const token = this.CONSUME(SpecialWord);
    return this.ACTION(() => ({ kind: 'special', name: token.image, span: this.#span(token) }));
  });

  readonly local = this.RULE('local', (): Expression => {
    const token = this.CONSUME(DottedWord);
    return this.ACTION(() => ({ kind: 'local', name: token.image, span: this.#span(token) }));
  });

  readonly parenthesised = this.RULE('parenthesised', (): Expression => {
    const open = this.CONSUME(LeftParenthesis);
    const value = this.SUBRULE(this.expression);
    const close = this.CONSUME(RightParenthesis);
    return this.ACTION(() => ({ ...value, span: spanning(this.#span(open), this.#span(close)) }));
  });

  readonly named = this.RULE('named', (): Expression => {
    const word = this.CONSUME(Word);
    const suffix = this.OPTION(() =>
      this.OR<{ kind: 'call' | 'index'; list: Expression[]; close: IToken }>([
        {
          ALT: () => {
            this.CONSUME(LeftParenthesis);
            const list = this.OPTION2(() => this.SUBRULE(this.expressions)) ?? [];
            return { kind: 'call', list, close: this.CONSUME(RightParenthesis) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(LeftBracket);
            const list = this.SUBRULE2(this.expressions);
            return { kind: 'index', list, close: this.CONSUME(RightBracket) };
          },
        },
      ]),
    );
    return this.ACTION((): Expression => {
      const name = this.#name(word);
      if (suffix === undefined) return name;
      const span = spanning(name.span, this.#span(suffix.close));
      return suffix.kind === 'call'
        ? { kind: 'call', name, arguments: suffix.list, span }
        : { kind: 'index', name, subscripts: suffix.list, span };
    });
  });

  #span(token: IToken): Span {
    return spanOf(token, this.#origin);
  }

  #name(word: IToken): NameNode {
    return { kind: 'name', name: word.image, span: this.#span(word) };
  }

  /** The text of a string literal; an unknown escape is a problem. */
  #text(token: IToken, image: string): string {
    const text = stringOf(image);
    if ('value' in text) return text.value;
    const start = token.startOffset + token.image.length - image.length + text.problemAt;
    const span = { ...this.#span(token), column: start + 1, length: 2 };
    this.#problem(span, 'unknown escape in a string', 'known: \\n \\t \\r \\0 \\" \\\\ \\xHH \\u{H…}');
    return '';
  }

  #problem(span: Span, message: string, hint: string): void {
    this.#problems.push({ span, message, hint });
  }
}
