/**
 * Rooms whose modules every thread needs nearly all of, and the modules in them that stay by themselves: what a thread begins
 * with, what needs a package, and what a command needs that needs nothing else of the room.
 */
export const ROOMS = [
  { folder: 'engine', but: /^engine\/(?:errors|period|bundled|msgpackr|executor\/(?:worker|pool-executor|inline-executor)|store\/.*)$/ },
  { folder: 'processors', but: /^$/ },
  { folder: 'server/import', but: /^$/ },
];

/** Where the modules of a room are, all in one file. */
export const roomFile = (/** @type {string} */ folder) => `${folder}/room`;
/** What is made for them, with what Vite shares among them. */
export const ROOM_FILES = [...ROOMS.map(({ folder }) => roomFile(folder)), 'rolldown-runtime'];
