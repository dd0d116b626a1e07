import { Decrypter, Encrypter } from 'age-encryption';
import type { PrivateCipher } from '../node/ports.ts';

/** Posts of private groups as age v1 files. */
export const privateCipher: PrivateCipher = {
  async encrypt(plain, recipients) {
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return encrypter.encrypt(plain);
  },
  async decrypt(sealed, identity) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return decrypter.decrypt(sealed);
  },
};
