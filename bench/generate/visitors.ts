import type { Agent } from './agents.js';
import { makeAgents } from './agents.js';
import type { Place } from './places.js';
import { places } from './places.js';
import { mix, Random, Weighted } from './random.js';

/** Somebody, in one visit of his. */
export interface Visitor {
  /** 12 hexadecimal digits, his own. */
  readonly id: string;
  readonly agent: Agent;
  readonly place: Place;
  readonly ip: string;
  /** 32 random bits that stay his. */
  readonly bits: number;
}

const AGENTS = 3000;
/** 16 bits of an IPv6 address without zeros in front; never 0, which would belong to `::`. */
const group = (n: number): string => (n & 0xffff || 1).toString(16);
/** The last 4 hexadecimal digits. */
const hex4 = (n: number): string => ((n & 0xffff) | 0x10000).toString(16).slice(1);

/**
 * Visitors old and new. All that a visitor is follows from his number, so nothing is remembered but how many there are:
 * about 60 % of the visits are of somebody new, the others of somebody seen before, rather lately than long ago.
 */
export class Visitors {
  readonly #random: Random;
  readonly #salt: number;
  readonly #agents: readonly Agent[];
  readonly #agentWeights: Weighted;
  readonly #placeWeights: Weighted;
  #known: number;

  /** `known`: how many were there before the first day. */
  constructor(seed: number, known: number) {
    this.#random = new Random(seed, 4);
    this.#salt = mix(seed ^ 0x2545f491);
    this.#agents = makeAgents(AGENTS, new Random(seed, 5));
    this.#agentWeights = new Weighted(this.#agents.map((a) => a.weight));
    this.#placeWeights = new Weighted(places.map((p) => p.weight));
    this.#known = known;
  }

  next(): Visitor {
    const random = this.#random;
    const back = random.unit();
    const n = random.chance(0.4) ? this.#known - 1 - Math.floor(this.#known * back * Math.sqrt(back)) : this.#known++;
    const bits = mix(n ^ this.#salt);
    const agent = this.#agents[this.#agentWeights.at(mix(bits + 1) / 4294967296)] as Agent;
    const place = places[this.#placeWeights.at(mix(bits + 2) / 4294967296)] as Place;
    // Telephones get another address now and then; offices share one.
    let address = bits;
    if (random.chance(0.03)) address = mix(random.below(300));
    else if (agent.device === 'Mobile' && random.chance(0.4)) address = random.next();
    return { id: hex4(bits >>> 16) + hex4(bits) + hex4(mix(bits + 3)), agent, place, ip: ipOf(mix(address + 4)), bits };
  }
}

/** An address of the public Internet, in its canonical form: peers take it as it is. About one in twelve is of IPv6. */
export function ipOf(n: number): string {
  if (n % 12 === 0) return `2a0${n % 10}:${group(n)}:${group(n >>> 16)}::${group(mix(n))}`;
  const first = 1 + ((n >>> 24) % 222);
  const reserved = first === 10 || first === 127 || first === 169 || first === 172 || first === 192;
  return `${reserved ? first + 1 : first}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
}
