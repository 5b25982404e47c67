import { readdirSync, readFileSync } from 'node:fs';

/** The peaks of a process and of all that come from it, added up; nothing where it cannot be told (not Linux). */
export function peakOfFamily(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statusOf)
    .filter((status) => status !== undefined);
  const family = new Set([pid]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const own of all) if (family.has(own.parent)) family.add(own.pid);
  }
  return all.reduce((sum, own) => sum + (family.has(own.pid) ? own.peakBytes : 0), 0);
}

/** Nothing of a process that has ended meanwhile. */
function statusOf(name: string): { readonly pid: number; readonly parent: number; readonly peakBytes: number } | undefined {
  let status;
  try {
    status = readFileSync(`/proc/${name}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const number = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { pid: Number(name), parent: number('PPid'), peakBytes: number('VmHWM') * 1024 };
}
