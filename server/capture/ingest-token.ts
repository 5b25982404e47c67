import { createHash, timingSafeEqual } from 'node:crypto';

/** What an Authorization header shows: nothing, the token, or something else. */
export type Shown = 'nothing' | 'token' | 'else';

/**
 * A check whether a header shows the token. It takes as long for a wrong one as for the right one: hashes of the same length are
 * compared in constant time.
 */
export function tokenCheck(token: string | undefined): (authorization: string | undefined) => Shown {
  const wanted = token === undefined ? undefined : digest(token);
  return (authorization) => {
    if (authorization === undefined) return 'nothing';
    const shown = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    return wanted !== undefined && shown !== undefined && timingSafeEqual(wanted, digest(shown)) ? 'token' : 'else';
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
