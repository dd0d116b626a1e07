import { type Block, concatBytes, exactBytes, message, nested, Seal, uint64 } from '../../../records/index.ts';

export const SealWord = message('SealWord', 1024, { BlockId: uint64(1), BlockHash: exactBytes(2, 32), Seal: nested(3, Seal) });

/** Kinds of frames between machines. */
export const FRAME = { hello: 1, engine: 2, seal: 3, want: 4 } as const;
export const frame = (kind: number, nonce: number, data: Uint8Array = new Uint8Array()): Uint8Array =>
  concatBytes(Uint8Array.of(kind, nonce), data);

export const sealFrame = ({ BlockId, BlockHash }: Block, seal: Seal): Uint8Array =>
  frame(FRAME.seal, 0, SealWord.encode({ BlockId, BlockHash, Seal: seal }));

/** Of a frame that is none of an engine's. */
export const isSeal = (data: Uint8Array): boolean => data[0] === FRAME.seal;

/** What travels of an engine in a frame; undefined for other frames. */
export const engineDataIn = (data: Uint8Array): Uint8Array | undefined =>
  data[0] === FRAME.engine ? data.subarray(2) : undefined;
export const engineFrame = (nonce: number, data: Uint8Array): Uint8Array => frame(FRAME.engine, nonce, data);
