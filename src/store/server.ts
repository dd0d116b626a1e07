/** The face of what runs in Node.js alone. */
export { type LevelStoreOptions, openLevelStore } from './level.ts';
export { makeKeyFile, openPassphraseVault, PASSPHRASE_CHARS_MIN, WrongPassphraseError } from './passphrase-vault.ts';
