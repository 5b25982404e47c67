import type * as lmdb from 'lmdb';
import { bundled } from '../bundled.js';

export const { ABORT, open } = bundled('lmdb') as typeof lmdb;
