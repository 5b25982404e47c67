import type { Bean } from '../../../engine/index.js';
import type { RejectedLine } from '../schemas/index.js';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** A rejected line as text; of one that is not UTF-8 the bytes as well, so that nothing of it is lost. */
export function rejectedView(bean: Bean): RejectedLine {
  const bytes = bean['text'] as Uint8Array;
  const about = { line: bean['line'] as number, reason: bean['reason'] as string, source: bean['source'] as string };
  try {
    return { ...about, raw: strict.decode(bytes) };
  } catch {
    return { ...about, raw: lenient.decode(bytes), base64: Buffer.from(bytes).toString('base64') };
  }
}
