export * from './bean.js';
export * from './column.js';
export * from './errors.js';
export * from './interner.js';
export * from './period.js';
