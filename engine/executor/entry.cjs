/**
 * What a pool's thread loads first. Piscina requires it, and to require the ES module itself will not do: a thread that is ended
 * meanwhile, because its command failed at once, takes the process with it (Node 20: IsGraphAsync of a module that is not instantiated).
 */
module.exports = import('./worker.js').then(({ default: work }) => work);
