import type { FastifyInstance } from 'fastify';

const SWEEP_MS = 50;

/**
 * Take no more connections, answer what is under way, and close connections as they become idle: a keep-alive would hold the
 * server for more than a minute. After `deadlineMs` the rest is cut off.
 */
export async function drain(app: FastifyInstance, deadlineMs: number): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
  const force = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(force);
  }
}
