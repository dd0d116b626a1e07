/**
 * The threshold cryptography of one producer under one configuration, as the consensus engine sees it. There are two bodies: the real
 * one (`ristretto.ts`) and an ideal one for long simulations (`sim/`), which fails in the same ways.
 * All methods are synchronous and deterministic; randomness comes in as bytes. Everything a peer made is hostile until checked.
 */
export interface ThresholdKeys {
  /** N. */
  readonly producers: number;
  /** f: f+1 shares give a coin or a plaintext; f give nothing. */
  readonly faultyLimit: number;
  /** This producer's index. */
  readonly index: number;

  // ----------------------------------------------------------- coin (Cachin–Kursawe–Shoup, DDH, with DLEQ proofs; consensus.md)

  /** This producer's share of the coin of that name, with its proof. The same name gives the same bytes. */
  coinShare(name: Uint8Array): Uint8Array;
  /** Whether the share is well-formed and its proof holds. */
  verifyCoinShare(name: Uint8Array, index: number, share: Uint8Array): boolean;
  /**
   * Whether these shares, at least N−f, lie on one polynomial of degree f: SCRAPE test (Cascudo–David 2017), its codeword drawn from a
   * hash over all the shares under test. Proofs are not looked at. Malformed shares, or fewer (those of honest producers alone would
   * then not determine the polynomial): false.
   */
  areCoinSharesConsistent(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean;
  /** The coin from at least f+1 shares that were checked, together or singly. Throws RangeError for fewer, or malformed ones. */
  combineCoin(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean;

  // ------------------------------------------------------------------ encryption (TDH2, labelled; Shoup–Gennaro 1998/2002)

  /** Encrypts for the set; `random` has {@link ENCRYPTION_RANDOM_BYTES}. */
  encrypt(plain: Uint8Array, label: Uint8Array, random: Uint8Array): Uint8Array;
  /** The ciphertext, if it is one and its proof holds under this label; undefined otherwise. No share of another may be given. */
  readCiphertext(bytes: Uint8Array, label: Uint8Array): Ciphertext | undefined;
  /** This producer's decryption share, with its proof. */
  decryptionShare(ciphertext: Ciphertext): Uint8Array;
  verifyDecryptionShare(ciphertext: Ciphertext, index: number, share: Uint8Array): boolean;
  /**
   * The plaintext from at least f+1 shares (throws RangeError for fewer), unchecked ones too. Those of the f+1 lowest indices are used.
   * `bad-shares`: some of these are bad (check all singly). `unreadable`: they are valid and still nothing comes out: the encryptor's fault, alike for all.
   */
  decrypt(ciphertext: Ciphertext, shares: ReadonlyMap<number, Uint8Array>): { plain: Uint8Array } | 'bad-shares' | 'unreadable';
}

/** A ciphertext whose proof was checked. Opaque to the engine. */
export interface Ciphertext {
  readonly bytes: Uint8Array;
  readonly label: Uint8Array;
}

/** A seed, which is hashed together with what is encrypted: few bytes, since they go into the log. */
export const ENCRYPTION_RANDOM_BYTES = 32;
