/** Where visitors come from, with a weight each: country code, region and city, as a look-up of their address would say. */
export interface Place {
  readonly country: string;
  readonly region: string;
  readonly city: string;
  readonly weight: number;
}

// country: region/city+city… ; the first cities of a country weigh more than the later ones
const ATLAS: readonly (readonly [code: string, weight: number, regions: string])[] = [
  [
    'US',
    30,
    'New York/New York City+Buffalo; California/Los Angeles+San Diego+San José+Fresno; Illinois/Chicago; Texas/Houston+Dallas+Austin; Washington/Seattle; Massachusetts/Boston; Florida/Miami+Tampa; Georgia/Atlanta; Ohio/Columbus',
  ],
  [
    'DE',
    14,
    'Berlin/Berlin; Bayern/München+Nürnberg+Würzburg; Hamburg/Hamburg; Nordrhein-Westfalen/Köln+Düsseldorf+Münster; Hessen/Frankfurt am Main+Kassel; Baden-Württemberg/Stuttgart+Tübingen; Sachsen/Leipzig+Dresden',
  ],
  ['GB', 10, 'England/London+Manchester+Leeds+Bristol+York; Scotland/Edinburgh+Glasgow; Wales/Cardiff'],
  ['FR', 8, 'Île-de-France/Paris; Auvergne-Rhône-Alpes/Lyon+Saint-Étienne; Occitanie/Toulouse+Nîmes; Bretagne/Rennes+Brest'],
  ['IN', 6, 'Karnataka/Bengaluru+Mysuru; Maharashtra/Mumbai+Pune; Delhi/New Delhi; Tamil Nadu/Chennai'],
  ['CA', 5, 'Ontario/Toronto+Ottawa; Québec/Montréal+Québec; British Columbia/Vancouver'],
  ['AU', 4, 'New South Wales/Sydney+Newcastle; Victoria/Melbourne; Queensland/Brisbane'],
  ['NL', 3, 'Noord-Holland/Amsterdam+Haarlem; Zuid-Holland/Rotterdam+Den Haag; Utrecht/Utrecht'],
  ['ES', 3, 'Madrid/Madrid; Catalunya/Barcelona; Andalucía/Sevilla+Málaga+Cádiz'],
  ['IT', 3, 'Lombardia/Milano+Bergamo; Lazio/Roma; Piemonte/Torino'],
  ['BR', 3, 'São Paulo/São Paulo+Campinas; Rio de Janeiro/Rio de Janeiro; Paraná/Curitiba'],
  ['PL', 2, 'Mazowieckie/Warszawa; Małopolskie/Kraków; Pomorskie/Gdańsk; Łódzkie/Łódź'],
  ['SE', 2, 'Stockholm/Stockholm; Västra Götaland/Göteborg; Skåne/Malmö'],
  ['CH', 2, 'Zürich/Zürich+Winterthur; Genève/Genève; Bern/Bern'],
  ['AT', 2, 'Wien/Wien; Tirol/Innsbruck; Steiermark/Graz'],
  ['JP', 2, '東京都/東京; 大阪府/大阪; 京都府/京都'],
  ['MX', 1, 'Ciudad de México/Ciudad de México; Jalisco/Guadalajara'],
  ['ZA', 1, 'Gauteng/Johannesburg+Pretoria; Western Cape/Cape Town'],
  ['RU', 1, 'Москва/Москва; Санкт-Петербург/Санкт-Петербург'],
  ['GR', 1, 'Αττική/Αθήνα; Κεντρική Μακεδονία/Θεσσαλονίκη'],
];

/** Addresses that no look-up knows: 1 in 50. */
const NOWHERE: Place = { country: '', region: '', city: '', weight: 2 };

export const places: readonly Place[] = [
  ...ATLAS.flatMap(([country, weight, regions]) => {
    const cities = regions.split(';').flatMap((r) => {
      const [region = '', names = ''] = r.trim().split('/');
      return names.split('+').map((city) => ({ region, city }));
    });
    let total = 0;
    for (let i = 0; i < cities.length; i++) total += 1 / (i + 1);
    return cities.map(({ region, city }, i) => ({ country, region, city, weight: weight / (i + 1) / total }));
  }),
  NOWHERE,
];
