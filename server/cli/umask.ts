import { chmodSync, existsSync } from 'node:fs';

/** That of the user; undefined until it is put aside. */
let ofUser: number | undefined;

/** From now on what this process and its children make is for its user only: impressions hold addresses. */
export function keepPrivate(): void {
  ofUser ??= process.umask(0o077);
}

/** To be called before a file is made that the user asked for, and what it returns after: a new one gets the rights of the user's umask. */
export function forUser(file: string): () => void {
  const isNew = !existsSync(file);
  return () => {
    if (isNew && ofUser !== undefined) chmodSync(file, 0o666 & ~ofUser);
  };
}
