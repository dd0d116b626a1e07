import { exactBytes, message, sha256, text, toHex, uint64 } from '../../../records/index.ts';
import type { Configuration } from '../../engine.ts';

/**
 * Names that bind a coin, a ciphertext and a signature to the one place where they mean something. Each begins with a tag of its own, the
 * group and the configuration's nonce, beside it the hash of a recovery's bundle. Group ids are UUIDs and numbers are decimal, so a slash separates
 * them clearly.
 */

const name = (tag: string, { groupId, nonce, bundleHash }: Configuration, ...numbers: readonly number[]): Uint8Array =>
  new TextEncoder().encode([tag, groupId, nonce, ...(bundleHash ? [toHex(bundleHash)] : []), ...numbers].join('/'));

export const coinName = (configuration: Configuration, epoch: number, proposer: number, round: number): Uint8Array =>
  name('sett/coin/1', configuration, epoch, proposer, round);

/** Label of a proposal's ciphertext: it opens nowhere else. */
export const proposalLabel = (configuration: Configuration, epoch: number, proposer: number): Uint8Array =>
  name('sett/proposal/1', configuration, epoch, proposer);

const DoneBody = message('DoneBody', 1024, {
  Tag: text(1),
  GroupId: text(2),
  ConfigNonce: uint64(3),
  Epoch: uint64(4),
  BlockId: uint64(5),
  BlockHash: exactBytes(6, 32),
  BundleHash: exactBytes(7, 32),
});

const NO_BYTES = new Uint8Array();

/** What a Done signs. */
export const doneHash = (configuration: Configuration, epoch: number, blockId: number, blockHash: Uint8Array): Uint8Array =>
  sha256(
    DoneBody.encode({
      Tag: 'sett/done/1',
      GroupId: configuration.groupId,
      ConfigNonce: configuration.nonce,
      Epoch: epoch,
      BlockId: blockId,
      BlockHash: blockHash,
      BundleHash: configuration.bundleHash ?? NO_BYTES,
    }),
  );
