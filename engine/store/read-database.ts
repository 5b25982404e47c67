/**
 * `node read-database.js FOLDER TO NAME…`: writes what databases of LMDB hold to files of their names, an entry a line, key and record
 * in base64, and a last line. LMDB ends the process at a damaged page: what was written by then is there.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { open } from './lmdb.js';

const [folder = '', to = '', ...names] = process.argv.slice(2);
const root = open<Buffer, string>({ path: folder, noSubdir: false, encoding: 'binary', maxDbs: 8, readOnly: true });
const there = Array.from(root.getKeys(), String);
for (const name of names) {
  if (!there.includes(name)) continue;
  const out = openSync(path.join(to, name), 'w', 0o600);
  for (const { key, value } of root.openDB<Buffer, string>({ name, encoding: 'binary' }).getRange())
    writeSync(out, `${Buffer.from(key).toString('base64')} ${value.toString('base64')}\n`);
  writeSync(out, 'end\n');
  closeSync(out);
}
await root.close();
