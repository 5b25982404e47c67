import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIP, isIPv4 } from 'node:net';
import type * as Maxmind from 'maxmind';
import type { CityResponse, Reader, Response } from 'maxmind';
import { fail } from '../errors.js';
import { RecentCache } from './recent-cache.js';

const require = createRequire(import.meta.url);
const CACHED_ADDRESSES = 50_000;
const COUNTRIES = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** Where an address is. '' where that is not known. */
export interface Place {
  /** ISO 3166-1 alpha-2, such as `DE`. */
  readonly country: string;
  /** English names, of a city database only. */
  readonly region: string;
  readonly city: string;
}

/** The only field of the country database. */
type CountryRecord = Response & { readonly country_code?: string };

export const NOWHERE: Place = { country: '', region: '', city: '' };

/**
 * Look-up by IPv4 or IPv6 address in canonical form, remembered for addresses seen lately: the country from the bundled database, and from the user's
 * (MaxMind's format, with GeoLite2-City's fields), where he has one, all three. Databases are read at the first look-up.
 * What is not an address is nowhere. Errors: TM_ERR_GEO_DATABASE.
 */
export function placeLookup(cityDatabase?: string): (ip: string) => Place {
  const places = new RecentCache<Place>(CACHED_ADDRESSES);
  let countries: Reader<CountryRecord> | undefined;
  let cities: Reader<CityResponse> | undefined;

  const find = (address: string): Place => {
    if (isIP(address) === 0) return NOWHERE;
    if (cityDatabase !== undefined) {
      cities ??= openDatabase<CityResponse>(cityDatabase);
      const found = lookUp(cities, address);
      const country = found?.country?.iso_code ?? found?.registered_country?.iso_code;
      if (country !== undefined) {
        const region = found?.subdivisions?.[0];
        return { country, region: region?.names?.en ?? region?.iso_code ?? '', city: found?.city?.names?.en ?? '' };
      }
    }
    countries ??= openDatabase<CountryRecord>(require.resolve(COUNTRIES));
    const country = lookUp(countries, address)?.country_code ?? '';
    return country === '' ? NOWHERE : { country, region: '', city: '' };
  };
  return (ip) => (ip === '' ? NOWHERE : places.get(ip, find));
}

function openDatabase<T extends Response>(path: string): Reader<T> {
  const { Reader: Opened } = require('maxmind') as typeof Maxmind;
  try {
    return new Opened<T>(readFileSync(path));
  } catch (cause) {
    throw fail('TM_ERR_GEO_DATABASE', `cannot read the location database ${path}`, { cause, data: { path } });
  }
}

function lookUp<T extends Response>(database: Reader<T>, address: string): T | null {
  if (database.metadata.ipVersion === 4 && !isIPv4(address)) return null;
  return database.get(address);
}
