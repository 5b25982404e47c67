import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../../../engine/store/disk.js';

/**
 * The numbers of a spool's packages: growing, and none is given twice, also when the packages that had them are gone. A number
 * is on the disk before it is given; where the file that holds it is lost, the packages that are there tell.
 */
export class PackageNumbers {
  readonly #spool: string;
  #last: number;

  private constructor(spool: string, last: number) {
    this.#spool = spool;
    this.#last = last;
  }

  /** `greatest`: of the packages that are there. */
  static async read(spool: string, greatest: number): Promise<PackageNumbers> {
    return new PackageNumbers(spool, Math.max(await readLastNumber(spool), greatest));
  }

  /** Errors: those of the file system. */
  async next(): Promise<number> {
    const n = this.#last + 1;
    await replaceFile(path.join(this.#spool, 'sensor.number'), `${n}\n`);
    this.#last = n;
    return n;
  }
}

/** The last number that was given in a spool, by its file; 0 where that does not tell. */
export async function readLastNumber(spool: string): Promise<number> {
  const text = await readFile(path.join(spool, 'sensor.number'), 'utf8').catch(() => '');
  return /^\d{1,15}\n$/.test(text) ? Number(text) : 0;
}
