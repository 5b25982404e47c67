/** What the API takes and answers: zod schemas, and the types of the same names. Clients import the types only. */
export * from './common.js';
export * from './event.js';
export * from './injection.js';
export * from './job.js';
export * from './location.js';
export * from './package.js';
export * from './processor.js';
export * from './status.js';
