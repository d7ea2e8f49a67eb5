/** Parquet responses, read by hyparquet whole. */
import { parquetReadObjects } from 'hyparquet';
import { ConfigurationError } from '../../numerics/index.js';

/**
 * The rows of a Parquet file as JSON lines: numbers, which have no digits of their own, as hexadecimal text without
 * leading zeros, and text as it is. Throws `ConfigurationError` for what is no Parquet file.
 */
export async function linesOfParquet(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const file = Uint8Array.from(bytes).buffer;
  try {
    const rows = await parquetReadObjects({ file });
    return Buffer.from(rows.map((row) => `${JSON.stringify(row, hexadecimal)}\n`).join(''));
  } catch (error) {
    throw new ConfigurationError(
      `${name} cannot be read as Parquet: ${(error as Error).message}`,
      'is it whole? compression other than Snappy is not read',
    );
  }
}

const hexadecimal = (_: string, value: unknown) =>
  typeof value === 'number' || typeof value === 'bigint' ? value.toString(16) : value;
