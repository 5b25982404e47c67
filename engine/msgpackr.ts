import type * as msgpackr from 'msgpackr';
import { bundled } from './bundled.js';

export const { Packr, Unpackr } = bundled('msgpackr') as typeof msgpackr;
