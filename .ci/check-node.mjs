// Runs before every start and test, under whatever Node the machine has: plain JavaScript, no imports of ours.
// The project brings its own Node (the npm package `node`), because libp2p and the build need 24 and many machines have less.
import { existsSync, readFileSync } from 'node:fs';

const installed = new URL('../node_modules/node/package.json', import.meta.url);
if (!existsSync(installed)) {
  console.error('The dependencies are not installed. Run: npm ci');
  process.exit(1);
}
const pinned = JSON.parse(readFileSync(installed, 'utf8')).version;
if (process.versions.node !== pinned) {
  console.error(
    `This is Node ${process.versions.node}, Sett runs on ${pinned}, which \`npm ci\` installs beside the dependencies. ` +
      'Start it through npm (npm start, npm test), and if you already do: npm install-scripts approve node && npm rebuild node',
  );
  process.exit(1);
}
