import { assemble, branchIf, type Code, END, get, I32, I32X4, LOOP, set, tee, V128 } from './assembler.ts';

/**
 * SHA-256 (FIPS 180-4) of four messages at once, as WebAssembly with SIMD: word i of each vector belongs to message i. One message after the other
 * takes twice as long, because the rounds of one depend on each other.
 *
 *     compress(messages, stride, blocks): takes so many blocks of 64 bytes of each of the messages at messages, messages + stride, … into the state
 */

export const LANES = 4;
export const BLOCK_BYTES = 64;
const VECTOR_BYTES = 16;
const STATE_WORDS = 8;
const ROUNDS = 64;
/** The schedule's words that are kept. */
const WINDOW = 16;
/** In the memory: the eight words of the state, then the round constants, each four times over. */
export const STATE_AT = 0;
const CONSTANTS_AT = STATE_AT + STATE_WORDS * VECTOR_BYTES;
export const FREE_AT = CONSTANTS_AT + ROUNDS * VECTOR_BYTES;

export interface HashKernel {
  readonly words: Uint32Array;
  readonly memory: Uint8Array;
  /** `blocks` above 0. */
  compress(messages: number, stride: number, blocks: number): void;
}

/** The first 32 bits of the fractional part of a root of a prime: exact, by whole numbers (`degree` 2 or 3). */
function fraction(prime: number, degree: 2 | 3): number {
  // ⌊root · 2³²⌋ is the whole root of prime · 2^(32·degree).
  const target = BigInt(prime) << BigInt(32 * degree);
  let root = 0n;
  for (let bit = 1n << 36n; bit > 0n; bit >>= 1n) {
    const tried = root | bit;
    if (tried ** BigInt(degree) <= target) root = tried;
  }
  return Number(root & 0xffff_ffffn);
}

const primes: number[] = [];
for (let number = 2; primes.length < ROUNDS; number++) if (primes.every((prime) => number % prime !== 0)) primes.push(number);

export const INITIAL_STATE: readonly number[] = primes.slice(0, STATE_WORDS).map((prime) => fraction(prime, 2));
const CONSTANTS: readonly number[] = primes.map((prime) => fraction(prime, 3));

// Parameters, then locals.
const [FIRST, STRIDE, BLOCKS] = [0, 1, 2] as const;
const [SECOND, THIRD, FOURTH, CONSTANT, LEFT] = [3, 4, 5, 6, 7] as const;
const I32_LOCALS = 5;
const state = Array.from({ length: STATE_WORDS }, (_, word) => 8 + word);
const window = Array.from({ length: WINDOW }, (_, word) => 16 + word);
const temporaries = [32, 33, 34, 35];
const V128_LOCALS = STATE_WORDS + WINDOW + temporaries.length;

const local = (list: readonly number[], place: number): number => list[place & (list.length - 1)] as number;

/** The sum by XOR of a word turned right by some numbers of bits, and shifted right by others. */
function mixed(word: number, turns: readonly number[], shifts: readonly number[] = []): Code {
  const right = [...turns, ...shifts].map((bits) => [...get(word), ...I32.constant(bits), ...I32X4.SHIFT_RIGHT_UNSIGNED]);
  const left = turns.map((bits) => [...get(word), ...I32.constant(32 - bits), ...I32X4.SHIFT_LEFT]);
  return [...right, ...left].flatMap((code, index) => (index === 0 ? code : [...code, ...V128.XOR]));
}

/** Four words of each message, whose bytes are in the opposite order, as four vectors. */
function loadFour(first: number): Code {
  const [a, b, c, d] = temporaries as [number, number, number, number];
  const word = (place: number) => [3, 2, 1, 0].map((byte) => 4 * place + byte);
  const low = [...word(0), ...word(4), ...word(1), ...word(5)];
  const high = [...word(2), ...word(6), ...word(3), ...word(7)];
  const start = [0, 1, 2, 3, 4, 5, 6, 7];
  const end = start.map((byte) => byte + 8);
  const both = (left: number, right: number, places: readonly number[]) => [...get(left), ...get(right), ...V128.shuffle(places)];
  const [w0, w1, w2, w3] = [0, 1, 2, 3].map((place) => window[first + place] as number) as [number, number, number, number];
  const halves = (part: readonly number[]) => [...part, ...part.map((byte) => byte + 16)];
  return [
    ...[FIRST, SECOND, THIRD, FOURTH].flatMap((message, index) => [
      ...[...get(message), ...V128.load(4 * first), ...set(temporaries[index] as number)],
    ]),
    ...[...both(a, b, low), ...set(w0), ...both(c, d, low), ...set(w1)],
    ...[...both(a, b, high), ...set(w2), ...both(c, d, high), ...set(w3)],
    ...[...both(w0, w1, halves(start)), ...set(a), ...both(w0, w1, halves(end)), ...set(w1), ...get(a), ...set(w0)],
    ...[...both(w2, w3, halves(start)), ...set(a), ...both(w2, w3, halves(end)), ...set(w3), ...get(a), ...set(w2)],
  ];
}

/** Word t of the schedule in the place of word t − 16. */
const extend = (t: number): Code => {
  const [own, next, seventh, second] = [t, t + 1, t + 9, t + 14].map((place) => local(window, place)) as [
    number,
    number,
    number,
    number,
  ];
  return [
    ...[...get(own), ...mixed(next, [7, 18], [3]), ...I32X4.ADD],
    ...[...get(seventh), ...I32X4.ADD, ...mixed(second, [17, 19], [10]), ...I32X4.ADD, ...set(own)],
  ];
};

/** One round. Words do not move: the names do. */
function round(t: number): Code {
  const [a, b, c, d, e, f, g, h] = state.map((_, word) => local(state, word - t)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return [
    ...[...get(h), ...get(CONSTANT), ...V128.load(t * VECTOR_BYTES), ...I32X4.ADD, ...get(local(window, t)), ...I32X4.ADD],
    ...[...mixed(e, [6, 11, 25]), ...I32X4.ADD],
    ...[...get(f), ...get(g), ...get(e), ...V128.SELECT, ...I32X4.ADD, ...tee(h)],
    ...[...get(d), ...I32X4.ADD, ...set(d)],
    ...[...get(h), ...mixed(a, [2, 13, 22]), ...I32X4.ADD],
    // The majority: b where a and b agree, else c.
    ...[...get(c), ...get(b), ...get(a), ...get(b), ...V128.XOR, ...V128.SELECT, ...I32X4.ADD, ...set(h)],
  ];
}

const sixteen = Array.from({ length: WINDOW }, (_, t) => t);
const countDown = (counter: number): Code => [
  ...get(counter),
  ...I32.constant(1),
  ...I32.SUBTRACT,
  ...tee(counter),
  ...branchIf(0),
];
const advance = (address: number, bytes: number): Code => [...get(address), ...I32.constant(bytes), ...I32.ADD, ...set(address)];

function compressBody(): Code {
  const constants = (first: number): Code => [...I32.constant(CONSTANTS_AT + first * VECTOR_BYTES), ...set(CONSTANT)];
  return [
    ...[...get(FIRST), ...get(STRIDE), ...I32.ADD, ...set(SECOND)],
    ...[...get(SECOND), ...get(STRIDE), ...I32.ADD, ...set(THIRD)],
    ...[...get(THIRD), ...get(STRIDE), ...I32.ADD, ...set(FOURTH)],
    ...LOOP,
    ...state.flatMap((word, index) => [...I32.constant(STATE_AT), ...V128.load(index * VECTOR_BYTES), ...set(word)]),
    ...[0, 4, 8, 12].flatMap(loadFour),
    ...[...constants(0), ...sixteen.flatMap(round)],
    ...[...constants(WINDOW), ...I32.constant(ROUNDS / WINDOW - 1), ...set(LEFT)],
    ...LOOP,
    ...sixteen.flatMap((t) => [...extend(t), ...round(t)]),
    ...[...advance(CONSTANT, WINDOW * VECTOR_BYTES), ...countDown(LEFT)],
    ...END,
    ...state.flatMap((word, index) => [
      ...I32.constant(STATE_AT),
      ...[...I32.constant(STATE_AT), ...V128.load(index * VECTOR_BYTES), ...get(word), ...I32X4.ADD],
      ...V128.store(index * VECTOR_BYTES),
    ]),
    ...[FIRST, SECOND, THIRD, FOURTH].flatMap((message) => advance(message, BLOCK_BYTES)),
    ...countDown(BLOCKS),
    ...END,
  ];
}

/** Undefined where WebAssembly or its SIMD instructions are not to be had (or the Content Security Policy lacks `'wasm-unsafe-eval'`). */
export function loadHashKernel(memoryBytes: number): HashKernel | undefined {
  const locals = [[I32_LOCALS, I32.type] as const, [V128_LOCALS, V128.type] as const];
  try {
    const code = assemble(memoryBytes, [{ name: 'compress', parameters: 3, locals, body: compressBody() }]);
    const { memory, compress } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as {
      memory: WebAssembly.Memory;
      compress: HashKernel['compress'];
    };
    const words = new Uint32Array(memory.buffer);
    CONSTANTS.forEach((constant, index) => {
      words.fill(constant, CONSTANTS_AT / 4 + LANES * index, CONSTANTS_AT / 4 + LANES * (index + 1));
    });
    return { words, memory: new Uint8Array(memory.buffer), compress };
  } catch {
    return undefined;
  }
}
