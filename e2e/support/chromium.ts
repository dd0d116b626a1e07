/** Which Chromium the end-to-end tests and benchmarks drive, and how a machine without one gets one. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { run, tool } from '../../.ci/process.ts';

/** Names under which systems install it, the one that apt installs first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A download of 200 MB over a slow line; one that is refused fails within seconds. */
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const APT_TIMEOUT_MS = 10 * 60_000;

/**
 * Flags with which tabs on one machine connect by WebRTC over 127.0.0.1 in every network set-up, together with the permission
 * `microphone` (without it, Chromium hides the addresses that loopback needs). People need neither.
 */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
];

export interface Places {
  /** The environment: `CHROMIUM` names an executable, `PATH` is searched. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where Playwright keeps the browser that it downloaded, whether it is there or not. */
  readonly playwrightPath: string;
}

const HERE: Places = { env: process.env, playwrightPath: chromium.executablePath() };

function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile();
}

/**
 * An executable: `$CHROMIUM`, else the system's, else Playwright's own; undefined if there is none.
 * Throws if `$CHROMIUM` is set and leads nowhere.
 */
export function findChromium({ env, playwrightPath }: Places = HERE): string | undefined {
  const named = env.CHROMIUM;
  if (named !== undefined && named !== '') {
    if (!isFile(named))
      throw new Error(`CHROMIUM is set to ${named}, which is no file. Correct it, or unset it to let one be found.`);
    return named;
  }
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const system = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isFile);
  return system ?? (isFile(playwrightPath) ? playwrightPath : undefined);
}

async function starts(executable: string): Promise<boolean> {
  const { code } = await run(executable, ['--version', '--no-sandbox'], { timeoutMs: 30_000 });
  return code === 0;
}

/** One way to get a browser: a name for the log, and the commands. */
interface Way {
  readonly name: string;
  readonly commands: readonly (readonly [command: string, ...args: string[]])[];
  readonly timeoutMs: number;
}

function ways(): Way[] {
  const found: Way[] = [
    {
      name: "Playwright's download",
      commands: [[process.execPath, tool('@playwright/test/cli.js'), 'install', 'chromium']],
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    },
  ];
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    found.push({
      name: 'apt-get',
      commands: [
        ['/usr/bin/apt-get', 'update', '-q'],
        ['/usr/bin/apt-get', 'install', '-q', '-y', '--no-install-recommends', 'chromium'],
      ],
      timeoutMs: APT_TIMEOUT_MS,
    });
  }
  return found;
}

/**
 * The executable of a Chromium that starts; installs one if there is none. Rejects with a sentence that says what was tried
 * and what to do.
 */
export async function ensureChromium(places: Places = HERE): Promise<string> {
  const present = findChromium(places);
  if (present !== undefined) return present;

  const failures: string[] = [];
  for (const { name, commands, timeoutMs } of ways()) {
    console.log(`No Chromium on this machine: trying ${name}.`);
    let isDone = true;
    for (const [command, ...args] of commands) {
      const ran = await run(command, args, { timeoutMs, env: { DEBIAN_FRONTEND: 'noninteractive' } });
      if (ran.code === 0) continue;
      isDone = false;
      failures.push(
        `${name}: ${ran.timedOut ? `no end within ${timeoutMs / 60_000} minutes` : ran.output.trim().split('\n').slice(-3).join(' ')}`,
      );
      break;
    }
    if (!isDone) continue;
    const installed = findChromium(places);
    if (installed !== undefined && (await starts(installed))) return installed;
    failures.push(`${name}: it ran, and yet ${installed ?? 'no Chromium'} starts`);
  }
  throw new Error(
    `The end-to-end tests need Chromium, and there is none. Install it, or set CHROMIUM to its executable. Tried:\n${failures.join('\n')}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(await ensureChromium());
