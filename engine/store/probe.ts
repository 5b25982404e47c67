/** `node probe.js FOLDER read|write`: looks at everything that LMDB has in a folder, for a caller that must not crash of it. */
import { ABORT, open } from './lmdb.js';

const [folder = '', mode] = process.argv.slice(2);
const root = open<Buffer, string>({ path: folder, noSubdir: false, encoding: 'binary', maxDbs: 8, readOnly: mode === 'read' });
for (const name of Array.from(root.getKeys())) {
  const db = root.openDB<Buffer, string>({ name, encoding: 'binary' });
  let entries = 0;
  for (const { value } of db.getRange()) if (Buffer.isBuffer(value)) entries++;
  if (entries !== (db.getStats() as { entryCount: number }).entryCount) process.exit(1);
  if (mode === 'write') {
    root.transactionSync(() => {
      void db.put('probe', Buffer.alloc(8192));
      return ABORT;
    });
  }
}
await root.close();
