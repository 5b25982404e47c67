import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fail } from '../errors.js';
import { profilePage } from '../profile/page.js';
import { timeline } from '../profile/timeline.js';
import { forUser } from './umask.js';
import type { TaskEvent } from '../../engine/index.js';

export interface ProfileOption {
  /** The file for the page. */
  readonly profile?: string;
}

export interface Profile {
  readonly onTask: (event: TaskEvent) => void;
  /** Write the page of what ran from the beginning until now. Errors: TM_ERR_PROFILE. */
  write(title: string): void;
}

/** What `--profile` asks for, from now on. The file is made at once, so that a path that cannot be written is told early. */
export function profileOf({ profile: file, workers }: ProfileOption & { readonly workers?: number }): Profile | undefined {
  if (file === undefined) return undefined;
  const events: TaskEvent[] = [];
  const began = Date.now();
  const put = (text: string): void => {
    try {
      const isMade = forUser(file);
      writeFileSync(file, text);
      isMade();
    } catch (cause) {
      throw fail('TM_ERR_PROFILE', `${file} cannot be written: ${(cause as Error).message}`, { cause });
    }
  };
  put('');
  return {
    onTask: (event) => void events.push(event),
    write: (title) => {
      const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
      const about = [`${new Date(began).toISOString()} on ${machine}, ${workers ?? availableParallelism()} worker threads.`];
      put(profilePage(timeline(events, began, Date.now()), { title, about }));
    },
  };
}
