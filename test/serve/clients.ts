/* Clients that send impressions over keep-alive connections until they are told that each has been taken. */
import { Agent, request } from 'node:http';
import type { Random } from '#bench/generate/random.js';

export interface Told {
  /** Lines that were answered 2xx, in no order. */
  readonly acknowledged: string[];
  /** Lines that were sent once, and whose answer was lost or 503. */
  readonly givenUp: string[];
  requests: number;
  /** Requests without an answer, or answered 503. */
  lost: number;
  refused: number;
}

export interface ClientsOptions {
  readonly lines: readonly string[];
  readonly clients: number;
  /** Most impressions of one request. */
  readonly most: number;
  readonly url: string;
  readonly token: string;
  readonly random: Random;
  /** Whether a line is sent once only, whatever comes back. */
  readonly once: (line: string) => boolean;
  /** Resolves when so many impressions may be under way or done. */
  readonly may: (sent: number) => Promise<void>;
  /** Resolves when the sensor may be there again. */
  readonly again: () => Promise<unknown>;
  readonly onTold: () => void;
}

/** Send all lines; what comes back is in `told` at any time. Lines that are sent once and others never share a request. */
export async function send(told: Told, o: ClientsOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: o.clients });
  let next = 0;
  const take = (): readonly string[] => {
    const from = next;
    const isOnce = o.once(o.lines[from] ?? '');
    const most = 1 + o.random.below(o.most);
    while (next < o.lines.length && next - from < most && o.once(o.lines[next] as string) === isOnce) next++;
    return o.lines.slice(from, next);
  };
  const client = async (): Promise<void> => {
    for (let batch = take(); batch.length > 0; batch = take()) {
      await o.may(next);
      for (;;) {
        told.requests++;
        const status = await post(agent, o, `[${batch.join()}]`);
        if (status === 204) {
          told.acknowledged.push(...batch);
          o.onTold();
          break;
        }
        if (status !== undefined && status !== 503) throw new Error(`the sensor answers ${status}`);
        if (status === undefined) told.lost++;
        else told.refused++;
        const isOver = o.once(batch[0] as string);
        if (isOver) told.givenUp.push(...batch);
        await o.again();
        if (isOver) break;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: o.clients }, client));
  } finally {
    agent.destroy();
  }
}

/** The status, or undefined where no answer came. */
function post(agent: Agent, { url, token }: ClientsOptions, body: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    request(`${url}/sensor`, { agent, method: 'POST', headers }, (response) => {
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve(response.statusCode));
      response.resume();
    })
      .once('error', () => resolve(undefined))
      .end(body);
  });
}
