/** From what was thrown to a message on stderr and an exit status. */
import type { Trap } from '../machine/index.js';
import { ConfigurationError } from '../numerics/index.js';

export const ExitCode = { fine: 0, checkFailed: 1, badInput: 2, bug: 70 } as const;

/** Prints the error and returns the exit status it calls for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigurationError) {
    say(`error: ${error.message}`, error.hint);
    return ExitCode.badInput;
  }
  if (isTrap(error)) {
    sayTrap(error);
    return ExitCode.badInput;
  }
  if (isNamed(error, 'ProgramError')) {
    say(`error: ${error.message}`, 'what it said is above; the files it was given may be at fault');
    return ExitCode.badInput;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`internal error: this is a bug of fp4sim, please report it\n${detail}\n`);
  return ExitCode.bug;
}

/** By name, so that the machine and the tools are not loaded for commands that do not need them. */
function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

function isTrap(error: unknown): error is Trap {
  return isNamed(error, 'Trap');
}

function sayTrap({ kind, cycle, place, message, state, hint }: Trap): void {
  const where = place === undefined ? '' : `${place.span.file}:${place.span.line}:${place.span.column}: `;
  const who = place === undefined ? '' : ` (core ${place.core}, stream ${place.stream})`;
  say(`${where}trap ${kind} at cycle ${cycle}${who}: ${message}`, hint, state);
}

function say(message: string, hint?: string, state: readonly string[] = []): void {
  const lines = [
    message,
    ...state.map((line) => `  ${line}`),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
