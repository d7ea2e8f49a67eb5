/** 1, 1, 2, 1, 1, 2, 4, …: the restart intervals of Luby, Sinclair and Zuckerman. */
export function luby(index: number): number {
  let [size, level, rest] = [1, 0, index];
  while (size < rest + 1) [size, level] = [2 * size + 1, level + 1];
  while (size - 1 !== rest) {
    [size, level] = [(size - 1) >> 1, level - 1];
    rest %= size;
  }
  return 2 ** level;
}
