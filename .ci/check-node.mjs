// Runs before npm start, npm run node and npm test, under whatever Node the machine has: plain JavaScript, no imports of ours.
// The project brings its own Node (the npm package `node`), because libp2p and the build need 24 and many machines have less.
// Its install script asks the registry for the binary outside the lockfile, so nothing but this compares it with a hash.
// `--binary` checks that alone. Only under another Node is it worth something against malice: a bad binary can say what it likes.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HASHES = new URL('node-hashes.json', import.meta.url);
const INSTALLED = new URL('../node_modules/node/package.json', import.meta.url);
const BINARY = new URL(
  process.platform === 'win32' ? '../node_modules/node/bin/node.exe' : '../node_modules/node/bin/node',
  import.meta.url,
);
const APPROVE = 'npm install-scripts approve node && npm rebuild node';

function refuse(why) {
  console.error(why);
  process.exit(1);
}

function checkBinary(pinned) {
  const { version, sha256 } = JSON.parse(readFileSync(HASHES, 'utf8'));
  if (version !== pinned) {
    refuse(
      `Node ${pinned} is installed, .ci/node-hashes.json is for ${version}. Run: npm ci. After an update: npm run node-hashes`,
    );
  }
  const platform = `${process.platform}-${process.arch}`;
  const expected = sha256[platform];
  if (expected === undefined) {
    console.error(`The Node ${pinned} that npm ci has fetched is not checked: .ci/node-hashes.json has no hash for ${platform}.`);
    return;
  }
  const found = createHash('sha256').update(readFileSync(BINARY)).digest('hex');
  if (found !== expected) {
    refuse(
      `${fileURLToPath(BINARY)} is not the Node ${pinned} that Sett expects. Its SHA-256 is ${found}, ` +
        `.ci/node-hashes.json says ${expected}. Start nothing with it. Delete node_modules and run npm ci again; ` +
        'if that does not help, the registry serves another file than before: find out why first.',
    );
  }
}

if (!existsSync(INSTALLED)) refuse('The dependencies are not installed. Run: npm ci');
const pinned = JSON.parse(readFileSync(INSTALLED, 'utf8')).version;
const onlyBinary = process.argv.includes('--binary');
// Without the binary, what runs here is the machine's own Node.
if (existsSync(BINARY)) checkBinary(pinned);
else if (onlyBinary) refuse(`npm ci has not fetched Node ${pinned}. Run: ${APPROVE}`);

if (!onlyBinary && process.versions.node !== pinned) {
  refuse(
    `This is Node ${process.versions.node}, Sett runs on ${pinned}, which \`npm ci\` installs beside the dependencies. ` +
      `Start it through npm (npm start, npm test), and if you already do: ${APPROVE}`,
  );
}
