/** Rows in order, and the runs that they make; see ../runs.ts. */
import { NO_GROUP } from './groups';

/** `begins` has a zero for each group, and one more. Returns whether the rows of each group are in the order of time. */
export function placeByGroup(ofRow: usize, times: usize, rows: u32, groups: u32, begins: usize, next: usize, order: usize): bool {
  for (let row: u32 = 0; row < rows; row++) {
    const group = load<u32>(ofRow + (row << 2));
    if (group === NO_GROUP) continue;
    const at = begins + (group << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  for (let group: u32 = 0; group < groups; group++) {
    const at = begins + (group << 2);
    store<u32>(next + (group << 2), load<u32>(at));
    store<u32>(at, load<u32>(at, 4) + load<u32>(at), 4);
  }
  let ordered = true;
  for (let row: u32 = 0; row < rows; row++) {
    const own = load<u32>(ofRow + (row << 2));
    if (own === NO_GROUP) continue;
    const group = own << 2;
    const at = load<u32>(next + group);
    store<u32>(next + group, at + 1);
    const place = order + (at << 2);
    store<u32>(place, row);
    if (at > load<u32>(begins + group) && load<f64>(times + (load<u32>(place - 4) << 3)) > load<f64>(times + (row << 3))) ordered = false;
  }
  return ordered;
}

/** Returns how many runs there are. */
export function cutRuns(
  order: usize,
  rows: u32,
  ofRow: usize,
  starts: usize,
  ends: usize,
  codes: usize,
  code: u32,
  gap: f64,
  begins: usize,
  last: usize,
): u32 {
  let count: u32 = 0;
  let group: u32 = 0;
  let sofar: f64 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = load<u32>(order + (i << 2));
    const own = load<u32>(ofRow + (row << 2));
    const end = load<f64>(ends + (row << 3));
    if (i === 0 || own !== group || (load<u32>(codes + (row << 2)) === code && load<f64>(starts + (row << 3)) - sofar > gap)) {
      store<u32>(begins + (count << 2), i);
      count++;
      sofar = end;
    } else if (end > sofar) sofar = end;
    store<f64>(last + ((count - 1) << 3), sofar);
    group = own;
  }
  return count;
}

export function sumOfRuns(order: usize, begins: usize, count: u32, values: usize, sums: usize): void {
  let i = load<u32>(begins);
  for (let r: u32 = 0; r < count; r++) {
    const to = load<u32>(begins + (r << 2), 4);
    let sum: f64 = 0;
    for (; i < to; i++) sum += load<f64>(values + (load<u32>(order + (i << 2)) << 3));
    store<f64>(sums + (r << 3), sum);
  }
}

/** Returns how many rows are chosen. */
export function chooseOfRuns(order: usize, begins: usize, count: u32, mask: usize, offsets: usize, rows: usize): u32 {
  let n: u32 = 0;
  let i = load<u32>(begins);
  for (let r: u32 = 0; r < count; r++) {
    store<u32>(offsets + (r << 2), n);
    const to = load<u32>(begins + (r << 2), 4);
    for (; i < to; i++) {
      const row = load<u32>(order + (i << 2));
      if (load<u8>(mask + row) !== 0) store<u32>(rows + (n++ << 2), row);
    }
  }
  store<u32>(offsets + (count << 2), n);
  return n;
}

/** `lastIn` has a zero for each entry of the dictionary. Returns how many entries there are. */
export function distinctOfRuns(
  order: usize,
  begins: usize,
  count: u32,
  offsets: usize,
  codes: usize,
  lastIn: usize,
  outOffsets: usize,
  out: usize,
): u32 {
  let n: u32 = 0;
  let i = load<u32>(begins);
  for (let r: u32 = 0; r < count;) {
    store<u32>(outOffsets + (r << 2), n);
    const to = load<u32>(begins + (r << 2), 4);
    r++;
    for (; i < to; i++) {
      const list = offsets + (load<u32>(order + (i << 2)) << 2);
      for (let j = load<u32>(list), end = load<u32>(list, 4); j < end; j++) {
        const code = load<u32>(codes + (j << 2));
        if (load<u32>(lastIn + (code << 2)) === r) continue;
        store<u32>(lastIn + (code << 2), r);
        store<u32>(out + (n++ << 2), code);
      }
    }
  }
  store<u32>(outOffsets + (count << 2), n);
  return n;
}

/** Sort the lists of at most `most` entries; returns 1 where there are longer ones, else 0. */
export function sortShortLists(offsets: usize, count: u32, codes: usize, ranks: usize, most: u32): u32 {
  let hasLonger: u32 = 0;
  let begin = load<u32>(offsets);
  for (let list: u32 = 0; list < count; list++) {
    const end = load<u32>(offsets + (list << 2), 4);
    if (end - begin > most) {
      hasLonger = 1;
      begin = end;
      continue;
    }
    for (let i = begin + 1; i < end; i++) {
      const code = load<u32>(codes + (i << 2));
      const rank = load<u32>(ranks + (code << 2));
      let at = codes + (i << 2);
      while (at > codes + (begin << 2) && load<u32>(ranks + (load<u32>(at - 4) << 2)) > rank) {
        store<u32>(at, load<u32>(at - 4));
        at -= 4;
      }
      store<u32>(at, code);
    }
    begin = end;
  }
  return hasLonger;
}

export function lateRuns(begins: usize, count: u32, offsets: usize, times: usize, late: usize): void {
  let i = load<u32>(begins);
  for (let r: u32 = 0; r < count; r++) {
    const to = load<u32>(begins + (r << 2), 4);
    let last: f64 = -Infinity;
    let own = false;
    for (; i < to; i++) {
      const from = load<u32>(offsets + (i << 2));
      const end = load<u32>(offsets + (i << 2), 4);
      if (from === end) continue;
      if (load<f64>(times + (from << 3)) <= last) own = true;
      last = load<f64>(times + ((end - 1) << 3));
    }
    store<u8>(late + r, u8(own));
  }
}
