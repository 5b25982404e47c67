/*
 * msgpackr, as its author bundles it for `require`: one file, where an import reads six. Without its native part, which is for
 * records that are mostly text and takes longer to load than all the rest: 10 ms in place of 32, in every thread (measured).
 */
import { createRequire } from 'node:module';
import type * as msgpackr from 'msgpackr';

process.env['MSGPACKR_NATIVE_ACCELERATION_DISABLED'] ??= 'true';

export const { Packr, Unpackr } = createRequire(import.meta.url)('msgpackr') as typeof msgpackr;
