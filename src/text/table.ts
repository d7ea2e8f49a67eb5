/**
 * Aligned text tables.
 *
 *   stream    issued  barrier  mma-queue
 *   producer     211    1,204          –
 */

export interface Column<R> {
  readonly title: string;
  readonly value: (row: R) => string | number | undefined;
  /** Numbers align right by default, texts left. */
  readonly align?: 'left' | 'right';
}

/** The rows as lines, columns two spaces apart, indented by two. */
export function table<R>(rows: readonly R[], columns: readonly Column<R>[]): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  const alignRight = columns.map(
    ({ align, value }) =>
      (align ?? (rows.every((row) => typeof value(row) !== 'string') ? 'right' : 'left')) === 'right',
  );
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((line) => line[i]!.length)),
  );
  const pad = (text: string, i: number): string =>
    alignRight[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!);
  const lines = [columns.map(({ title }) => title), ...cells];
  return lines.map((line) => `  ${line.map(pad).join('  ').trimEnd()}`).join('\n');
}

function cellText(value: string | number | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? integer(value) : value;
}

/** An integer with thousands separators. */
export function integer(value: number): string {
  return value.toLocaleString('en');
}

/** A share 0 … 1 as a percentage with one digit. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
