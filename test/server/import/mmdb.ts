/** A writer of small MaxMind databases, for tests: networks of whole bytes to records. */

type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

/** `networks`: the first bytes of an address, such as `81.2` for 81.2.0.0/16, to its record. */
export function mmdb(networks: Readonly<Record<string, Value>>, ipVersion: 4 | 6 = 4): Buffer {
  const nodes: [number, number][] = [[-1, -1]];
  const data: Buffer[] = [];
  const leaves: { node: number; side: 0 | 1; offset: number }[] = [];
  let size = 0;
  for (const [network, record] of Object.entries(networks)) {
    const bits =
      '0'.repeat(ipVersion === 6 ? 96 : 0) +
      network
        .split('.')
        .map((byte) => Number(byte).toString(2).padStart(8, '0'))
        .join('');
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      const pair = nodes[node]!;
      const side = bit === '1' ? 1 : 0;
      if (pair[side] < 0) pair[side] = nodes.push([-1, -1]) - 1;
      node = pair[side];
    }
    leaves.push({ node, side: bits.endsWith('1') ? 1 : 0, offset: size });
    const bytes = encode(record);
    data.push(bytes);
    size += bytes.length;
  }
  for (const { node, side, offset } of leaves) nodes[node]![side] = nodes.length + 16 + offset;
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [i, pair] of nodes.entries())
    pair.forEach((value, side) => tree.writeUIntBE(value < 0 ? nodes.length : value, i * 6 + side * 3, 3));
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: ipVersion,
    database_type: 'GeoLite2-City',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    description: { en: 'for tests' },
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.of((2 << 5) | text.length), text]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([Buffer.of((6 << 5) | 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.of(value.length, 4), ...(value as readonly Value[]).map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([Buffer.of((7 << 5) | entries.length), ...entries.flatMap(([k, v]) => [encode(k), encode(v)])]);
}
