/** Bodies of those ports that are the same in a browser and in Node.js. */
export { machineClock } from './clock.ts';
export { privateCipher } from './private-cipher.ts';
export { machineRandom } from './random.ts';
