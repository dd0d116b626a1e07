/**
 * `npm run sbom`: writes `sbom.cdx.json`, in the format of CycloneDX: every package of the lockfile, for any platform, with version, licence and hash.
 * Tools are marked (`cdx:npm:package:development`). The binary of Node.js is not in it; its hashes are in `.ci/node-hashes.json`.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expressionOf } from './licences.ts';
import { type Lockfile, readLockfile, referenceOf } from './lockfile.ts';
import { ROOT, run } from './process.ts';

/** As far as our check reads it. */
export interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly SbomComponent[];
}

interface SbomComponent {
  /** `name@version`. */
  readonly 'bom-ref': string;
  readonly hashes?: readonly { readonly alg: string }[];
  readonly licenses?: readonly unknown[];
}

const SBOM_FILE = 'sbom.cdx.json';
const TIMEOUT_MS = 60_000;

/**
 * From the lockfile, not from what is installed: that is this platform's packages only. With the tools, since npm's `--omit=dev` also leaves out what
 * a tool and the app share.
 */
export async function makeSbom(lock: Lockfile): Promise<Sbom> {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--loglevel=error'];
  const ran = await run('npm', args, { timeoutMs: TIMEOUT_MS });
  if (ran.code !== 0) throw new Error(`npm sbom failed:\n${ran.output}`);
  const sbom: Sbom = JSON.parse(ran.output);
  const licences = new Map(Object.entries(lock.packages).map(([folder, entry]) => [referenceOf(folder, entry), entry.license]));
  // npm leaves out a licence that is not spelled as SPDX has it.
  const components = sbom.components.map((component) => {
    const licence = licences.get(component['bom-ref']);
    return component.licenses || licence === undefined
      ? component
      : { ...component, licenses: [{ expression: expressionOf(licence) }] };
  });
  return { ...sbom, components };
}

/** What is missing in an SBOM, one sentence each. */
export function sbomProblems(sbom: Sbom, lock: Lockfile): string[] {
  const components = new Map(sbom.components.map((component) => [component['bom-ref'], component]));
  const packages = Object.entries(lock.packages).filter(([folder, { link }]) => folder !== '' && !link);
  return [
    ...(sbom.bomFormat === 'CycloneDX' ? [] : [`the SBOM's format is ${sbom.bomFormat}`]),
    ...packages.flatMap(([folder, entry]) => {
      const reference = referenceOf(folder, entry);
      const component = components.get(reference);
      if (component === undefined) return [`${reference}: the SBOM does not list it`];
      // Folders of ours have no hash.
      const isHashed = !folder.includes('node_modules/') || component.hashes?.some(({ alg }) => alg === 'SHA-512');
      return [
        ...(isHashed ? [] : [`${reference}: the SBOM has no SHA-512 of it`]),
        ...(component.licenses ? [] : [`${reference}: the SBOM names no licence`]),
      ];
    }),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sbom = await makeSbom(readLockfile());
  writeFileSync(path.join(ROOT, SBOM_FILE), `${JSON.stringify(sbom, undefined, 2)}\n`);
  console.log(`${SBOM_FILE}: ${sbom.components.length} packages`);
}
