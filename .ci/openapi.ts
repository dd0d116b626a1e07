/** `npm run openapi`: writes the description of the REST interface, `docs/openapi.json`, from the schemas of its routes. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiDocument } from '../src/api/index.ts';
import { ROOT } from './process.ts';

writeFileSync(path.join(ROOT, 'docs/openapi.json'), `${JSON.stringify(openApiDocument(), undefined, 2)}\n`);
