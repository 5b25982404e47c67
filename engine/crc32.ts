/** The polynomial of CRC-32, bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** Polynomials over GF(2) have their coefficient of x^0 in the highest bit. */
const ONE = 0x80000000;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= b;
    b = (b & 1) !== 0 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return product;
}

/** x^(8 * 2^i) for each i: what shifts a checksum by 2^i bytes. */
const shifts: number[] = [ONE >>> 8];
for (let i = 1; i < 48; i++) shifts.push(multiply(shifts[i - 1] as number, shifts[i - 1] as number));

/** The CRC-32 of bytes and others behind them, from their own checksums. */
export function joinCrc32(first: number, second: number, lengthOfSecond: number): number {
  let shifted = first;
  for (let i = 0, rest = lengthOfSecond; rest > 0; i++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shifted = multiply(shifts[i] as number, shifted);
  }
  return (shifted ^ second) >>> 0;
}
