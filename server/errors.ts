import { engineErrors, errorFactory, type ErrorSpec } from '../engine/errors.js';

export const serverErrors = {
  TM_ERR_DATABASE_URL: {
    summary: 'The analytics database is neither a file path nor a postgres:// URL.',
    exitCode: 2,
  },
  TM_ERR_DATABASE_UNAVAILABLE: {
    summary: 'The analytics database does not answer, or refuses the user. Check that it runs, its address, user and password.',
    retryable: true,
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
      'A table of the analytics database was made for a bean type with other fields. Give the bean type another table, or drop the old one.',
  },
  TM_ERR_DATABASE_FAILED: {
    summary: 'The analytics database refused a statement. Nothing was changed; the cause is in the message.',
  },
  TM_ERR_TABLE_UNKNOWN: {
    summary: 'The analytics database has no such table or column.',
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
    summary: 'There is no dataset of that name in the data folder. `tidemill import` or `tidemill run` makes one.',
    exitCode: 2,
  },
  TM_ERR_DATASET_ZONE: {
    summary: 'The dataset has another time zone. Its days are cut in it; import into another dataset to use another zone.',
    exitCode: 2,
  },
  TM_ERR_LOCATION_UNKNOWN: {
    summary: 'There is no location of that name. `tidemill locations` lists them.',
    exitCode: 2,
  },
  TM_ERR_JOB_UNKNOWN: {
    summary: 'There is no job with that id. `tidemill jobs` lists them.',
    exitCode: 2,
  },
  TM_ERR_JOBS_FAILED: {
    summary: 'Jobs failed; the ones after them wait. `tidemill jobs` tells why, `tidemill process` tries again.',
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
    summary: 'A file to import does not exist.',
    exitCode: 2,
  },
  TM_ERR_IMPORT_DIRECTORY: {
    summary: 'What is to be imported is a directory. Name the files in it.',
    exitCode: 2,
  },
  TM_ERR_IMPORT_UNREADABLE: {
    summary: 'A file cannot be read, or is not whole. Check its permissions, and gzip files with `gzip -t`.',
  },
  TM_ERR_IMPORT_FORMAT: {
    summary: 'The format of a source is not recognised. Name it with --format.',
    exitCode: 2,
  },
  TM_ERR_IMPORT_BINARY: {
    summary: 'A source is not text. Unpack it first (import unpacks gzip itself), or check that it is a log.',
    exitCode: 2,
  },
  TM_ERR_PROFILE: {
    summary: 'The page that --profile asks for cannot be written. Name a file in a folder that exists.',
    exitCode: 2,
  },
  TM_ERR_GEO_DATABASE: {
    summary: "A location database cannot be read. Check the setting 'geo.cityDatabase' and the file.",
  },
} as const satisfies Record<string, ErrorSpec>;

export const fail = errorFactory({ ...engineErrors, ...serverErrors });
