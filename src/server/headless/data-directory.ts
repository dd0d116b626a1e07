/** All that a headless node keeps: a database, and beside it the file of its vault's key and two sealed keys. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { type Store, StoreError, type Vault } from '../../node/index.ts';
import { makeKeyFile, openLevelStore, openPassphraseVault, WrongPassphraseError } from '../../store/server.ts';
import { OperatorError } from '../commands/command.ts';

const STORE_DIRECTORY = 'store';
export const VAULT_FILE = 'vault.json';
const PEER_KEY_FILE = 'peer.key';
const TOKEN_KEY_FILE = 'token.key';
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
/** An Ed25519 seed; a key for HMAC-SHA-256. */
const KEY_BYTES = 32;

export interface DataDirectory {
  readonly store: Store;
  readonly vault: Vault;
  /** The seed of the node's libp2p key. */
  readonly peerKey: Uint8Array;
  /** What tokens are signed with. */
  readonly tokenKey: Uint8Array;
}

/**
 * Opens a data directory, making it on first use; no other process can open it meanwhile.
 * @param passphrase asked for once it is known whether the keys exist
 * Rejects with {@link OperatorError}.
 */
export async function openDataDirectory(
  directory: string,
  passphrase: (isNew: boolean) => Promise<string>,
): Promise<DataDirectory> {
  // First, for it is the lock: two processes must not both make a key file.
  const store = await openStore(directory);
  try {
    const vault = await openVault(directory, store, passphrase);
    return {
      store,
      vault,
      peerKey: await loadOrMakeKey(path.join(directory, PEER_KEY_FILE), vault),
      tokenKey: await loadOrMakeKey(path.join(directory, TOKEN_KEY_FILE), vault),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openStore(directory: string): Promise<Store> {
  try {
    await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    return await openLevelStore({ directory: path.join(directory, STORE_DIRECTORY), fence: true });
  } catch (error) {
    if (error instanceof StoreError) throw new OperatorError(error.message, { cause: error });
    throw new OperatorError(`The data directory ${directory} cannot be made or opened (${(error as Error).message}).`, {
      cause: error,
    });
  }
}

async function openVault(directory: string, store: Store, passphrase: (isNew: boolean) => Promise<string>): Promise<Vault> {
  const file = path.join(directory, VAULT_FILE);
  const stored = await readIfThere(file);
  if (stored === undefined && (await store.range('keys', { limit: 1 })).length > 0) {
    throw new OperatorError(
      `${file} is missing, and without it the keys in this directory cannot be opened. Restore it from a backup.`,
    );
  }
  const given = await passphrase(stored === undefined);
  const text = stored?.toString('utf8') ?? (await makeKeyFile(given));
  if (stored === undefined) await writeDurably(file, Buffer.from(text));
  try {
    return await openPassphraseVault(text, given);
  } catch (error) {
    if (error instanceof WrongPassphraseError) throw new OperatorError('The passphrase is wrong. Try again.', { cause: error });
    throw new OperatorError(`${file} is damaged: ${(error as Error).message} Restore it from a backup.`, { cause: error });
  }
}

async function loadOrMakeKey(file: string, vault: Vault): Promise<Uint8Array> {
  const sealed = await readIfThere(file);
  if (sealed === undefined) {
    const made = Uint8Array.from(randomBytes(KEY_BYTES));
    await writeDurably(file, await vault.seal(made));
    return made;
  }
  try {
    return await vault.open(sealed);
  } catch (cause) {
    throw new OperatorError(`${file} is damaged. Restore it from a backup, or remove it to start with a new key.`, { cause });
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new OperatorError(`${file} cannot be read.`, { cause: error });
  }
}

/** Whole or not at all, and on the disk when it resolves: what is sealed under a key must not outlive it. */
async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', OWNER_ONLY_FILE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const directory = await open(path.dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
