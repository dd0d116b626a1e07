/** The relay's key: seeds carry its peer id, so it must be the same after a restart. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { OperatorError } from './commands/command.ts';

export const IDENTITY_FILE = 'relay.key';
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** Reads the key of this directory, or makes one. A file that is there and cannot be read is an error: a new identity would break every seed. */
export async function loadIdentity(directory: string): Promise<PrivateKey> {
  const path = join(directory, IDENTITY_FILE);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new OperatorError(`The relay's key ${path} cannot be read.`, { cause: error });
    return makeIdentity(directory, path);
  }
  try {
    return privateKeyFromProtobuf(bytes);
  } catch (cause) {
    throw new OperatorError(
      `${path} is not a relay's key. Restore it from a backup, or move it away to start with a new identity.`,
      {
        cause,
      },
    );
  }
}

async function makeIdentity(directory: string, path: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519');
  await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  await writeFile(path, privateKeyToProtobuf(key), { mode: OWNER_ONLY_FILE, flag: 'wx' });
  await chmod(path, OWNER_ONLY_FILE);
  return key;
}
