import { engineErrors, errorFactory, type ErrorSpec } from '../engine/errors.js';

export const serverErrors = {
  TM_ERR_DATABASE_URL: {
    summary: 'The analytics database is neither a file path nor a postgres:// URL.',
    exitCode: 2,
  },
  TM_ERR_DATABASE_UNAVAILABLE: {
    summary:
      'The analytics database does not answer, refuses the user, or is a file that cannot be opened. Check that it runs, its address, user and password; of a file its path and permissions.',
    retryable: true,
  },
  TM_ERR_DATABASE_DAMAGED: {
    summary:
      'The file of the analytics database is damaged, or no DuckDB file. `tidemill repair --database` moves it aside and makes its sums again from the store; so does `tidemill process --close` after the file was removed.',
  },
  TM_ERR_DATABASE_MEMORY: {
    summary:
      "The analytics database needs more memory than it may use, though it puts on the disk what it can. Nothing was changed; give it more (`--memory`, the setting 'memory').",
  },
  TM_ERR_DATABASE_LOCKED: {
    summary: 'Another process has the analytics database file open. Close it there and run the same command again.',
    retryable: true,
  },
  TM_ERR_DATABASE_VERSION: {
    summary: 'The analytics database was set up by a newer version of Tidemill. Use that version.',
  },
  TM_ERR_DATABASE_TABLE: {
    summary:
      'A table of the analytics database was made for a bean type with other fields. Give the bean type another table, or begin a new database (`--db`), which gets all sums again.',
  },
  TM_ERR_DATABASE_FAILED: {
    summary: 'The analytics database refused a statement. Nothing was changed; the cause is in the message.',
  },
  TM_ERR_TABLE_UNKNOWN: {
    summary: 'The analytics database has no such table or column.',
    exitCode: 2,
  },
  TM_ERR_QUERY: {
    summary:
      'The query is not one that can be answered. The message begins with the JSON pointer of what is wrong, and tells what there is.',
    exitCode: 2,
  },
  TM_ERR_EXPORT_FAILED: {
    summary: 'The export could not be written. Check the path, its permissions and the disk.',
  },
  TM_ERR_USAGE: {
    summary: 'The command line is wrong. `tidemill help` and `tidemill <command> --help` tell what there is.',
    exitCode: 2,
  },
  TM_ERR_SETTINGS: {
    summary: 'A setting in dataset.json or in the environment is unknown or has a bad value; the message names it.',
    exitCode: 2,
  },
  TM_ERR_DATASET_NAME: {
    summary: 'The name of a dataset is 1 to 64 letters, digits, dots, hyphens or underscores.',
    exitCode: 2,
  },
  TM_ERR_DATASET_UNKNOWN: {
    summary: 'There is no dataset of that name in the data folder. `tidemill import`, `run` or `serve` makes one.',
    exitCode: 2,
  },
  TM_ERR_DATASET_ZONE: {
    summary: 'The dataset has another time zone. Its days are cut in it; import into another dataset to use another zone.',
    exitCode: 2,
  },
  TM_ERR_VISITOR_KEY: {
    summary:
      "The dataset's `visitor.key` is missing, empty or another one than its visitors were counted with. Put it back from a backup; `tidemill accept-key` goes on with another key, and visitors without an id are counted anew.",
    exitCode: 2,
  },
  TM_ERR_LOCATION_UNKNOWN: {
    summary: 'There is no location of that name. `tidemill locations` lists them.',
    exitCode: 2,
  },
  TM_ERR_PROCESSOR_UNKNOWN: {
    summary: 'There is no processor of that name. `GET /api/v1/processors` lists them.',
    exitCode: 2,
  },
  TM_ERR_JOB_UNKNOWN: {
    summary: 'There is no job with that id. `tidemill jobs` lists them.',
    exitCode: 2,
  },
  TM_ERR_JOB_NOT_ENDED: {
    summary: 'The job is scheduled or runs, so it cannot be started once more. Wait for its end, or cancel it.',
  },
  TM_ERR_PERIOD: {
    summary: 'A period is a day (2026-03-02), an ISO week (2026-W10) or a month (2026-03).',
    exitCode: 2,
  },
  TM_ERR_NOTHING_TO_RERUN: {
    summary: 'There is nothing to run again: no package of that period, or retention has purged what the job would read.',
  },
  TM_ERR_JOB_NOT_RUNNING: {
    summary: 'The job does not run, so there is nothing to cancel.',
  },
  TM_ERR_API_REQUEST: {
    summary: 'A request to the API has a parameter or a body that it does not take; the message names it. `/api/docs` tells what there is.',
    exitCode: 2,
  },
  TM_ERR_API_METHOD: {
    summary: 'There is something at that address, but not for that method. `Allow` in the answer names those that are.',
    exitCode: 2,
  },
  TM_ERR_API_UNKNOWN: {
    summary: 'The API has nothing at that path. `/api/docs` tells what there is.',
    exitCode: 2,
  },
  TM_ERR_API_CURSOR: {
    summary: 'A cursor is not one that this list gave. Begin again without it.',
    exitCode: 2,
  },
  TM_ERR_API_TOKEN: {
    summary: 'The API wants a token that it knows: `Authorization: Bearer …`, with the setting api.adminToken or api.readToken.',
    exitCode: 2,
  },
  TM_ERR_API_ROLE: {
    summary: 'The token may read only. What changes something needs that of api.adminToken.',
    exitCode: 2,
  },
  TM_ERR_API_HOST: {
    summary: 'A request names a host that the API does not go by. Add the name under which people reach it to the setting api.hosts.',
    exitCode: 2,
  },
  TM_ERR_API_ORIGIN: {
    summary: 'A page of another site asked the API. Only its own pages and programs may.',
    exitCode: 2,
  },
  TM_ERR_API_BUSY: {
    summary: 'Too many streams of events are open. Close some, or try again later.',
    retryable: true,
  },
  TM_ERR_API_BIND: {
    summary: 'The API does not listen without a token on an address that others can reach: it needs the setting api.adminToken.',
    exitCode: 2,
  },
  TM_ERR_JOBS_FAILED: {
    summary:
      'Jobs failed; the ones after them wait. `tidemill jobs --state failed` lists them, `tidemill jobs ID` tells why, `tidemill process` tries again.',
  },
  TM_ERR_INTERNAL: {
    summary: 'Something that nobody foresaw went wrong. Please report it with what is printed.',
  },
  TM_ERR_VERIFY: {
    summary: 'Stored data does not match its checksums, or counts differ between two places; the message names the first.',
  },
  TM_ERR_WRITER_LOST: {
    summary: 'The thread that writes to the analytics database ended. Nothing was half done; run the same command again.',
    retryable: true,
  },
  TM_ERR_IMPORT_NO_FILE: {
    summary: 'A file to import does not exist. Check its name, and the folder that you are in.',
    exitCode: 2,
  },
  TM_ERR_IMPORT_DIRECTORY: {
    summary: 'What is to be imported is a directory. Name the files in it.',
    exitCode: 2,
  },
  TM_ERR_IMPORT_REJECTED: {
    summary:
      'All lines of a source are rejected, so that nothing of the call was imported. The message tells the reasons: name the right --format, mend the lines, or leave the source out.',
  },
  TM_ERR_IMPORT_UNREADABLE: {
    summary: 'A file cannot be read, or is not whole. Check its permissions, and gzip files with `gzip -t`.',
  },
  TM_ERR_IMPORT_FORMAT: {
    summary: 'The format of a source is not recognised, or not one that is read. Convert it, or name its format with --format.',
    exitCode: 2,
  },
  TM_ERR_IMPORT_BINARY: {
    summary: 'A source is not text in UTF-8. Unpack it first (import unpacks gzip itself), convert it, or check that it is a log.',
    exitCode: 2,
  },
  TM_ERR_PROCESSOR_LOAD: {
    summary:
      'A module named in the setting `processors` did not come to the end of its loading: it waits for what does not come, ends its thread, or takes too much time or memory. Mend the module, or take it out of the setting.',
  },
  TM_ERR_PROFILE: {
    summary: 'The page that --profile asks for cannot be written. Name a file in a folder that exists.',
    exitCode: 2,
  },
  TM_ERR_GEO_DATABASE: {
    summary: "A database of places cannot be read. Check the setting 'geo.cityDatabase' and the file.",
  },
  TM_ERR_SERVE_RUNNING: {
    summary: 'Another `tidemill serve` runs on this dataset. Stop it, or use that one.',
  },
  TM_ERR_LISTEN: {
    summary: 'An address or port cannot be listened on. Another program may have it; choose another one.',
  },
  TM_ERR_SPOOL: {
    summary:
      "The sensor's spool cannot be read or written. Check the folder, its permissions and the disk; the sensor goes on when it can.",
    retryable: true,
  },
  TM_ERR_SENSOR_REQUEST: {
    summary:
      'The sensor has no such address, or does not take such a request: method, content type, size, a body that came too slowly. The message tells.',
  },
  TM_ERR_REPAIR: {
    summary:
      'The store works again, but some of its data could not be brought back; what is printed names it. Restore those files from a backup and run `tidemill repair` again, or import their sources into another dataset.',
  },
  TM_ERR_SENSOR_BODY: {
    summary: 'The body sent to the sensor is not one JSON object nor a list of them, in UTF-8. Nothing of it was taken.',
  },
  TM_ERR_SENSOR_IMPRESSION: {
    summary: 'An impression breaks a rule of docs/impressions.md; `errors` tells which. Nothing of the request was taken.',
  },
  TM_ERR_SENSOR_TOKEN: {
    summary: "The token shown is not the dataset's setting 'sensor.ingestToken'.",
  },
  TM_ERR_SENSOR_RATE: {
    summary:
      "An address sent more than the setting 'sensor.rateLimit' allows, or too many large bodies at once. Try again after the time in Retry-After.",
    retryable: true,
  },
  TM_ERR_SENSOR_PRIVACY: {
    summary: "The browser asks not to be tracked, and the setting 'sensor.respectDoNotTrack' is on. Nothing was taken.",
  },
  TM_ERR_SENSOR_OVERLOAD: {
    summary:
      'More requests wait, or more large bodies come, than the sensor may hold, or it is ending. Nothing was taken; try again after the time in Retry-After.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorSpec>;

export const fail = errorFactory({ ...engineErrors, ...serverErrors });
