import type { OpenAPIHono } from '@hono/zod-openapi';
import type { z } from './endpoint.ts';

/** Goes up with every change of the interface: the first number where programs must be changed. */
const INTERFACE_VERSION = '1.0.0';

export type InterfaceDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The description of everything that the router answers, as OpenAPI 3.1. */
export function interfaceDocument(router: OpenAPIHono): InterfaceDocument {
  const document = router.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sett',
      version: INTERFACE_VERSION,
      description:
        'The REST interface of a Sett node. Integers beyond 2^53 are printed exactly: parse them with care. Calls from this machine need no token.',
      license: { name: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }, { jwt: [] }],
  });
  document.components = {
    ...document.components,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      jwt: { type: 'apiKey', in: 'query', name: 'jwt' },
    },
  };
  return document;
}

/** A route as its schemas describe it. */
export interface DescribedRoute {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** What it answers with 200. */
  readonly answer: z.ZodType;
}

/** All routes, in the order in which a call is compared with them. */
export function describedRoutes(router: OpenAPIHono): DescribedRoute[] {
  return router.openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return [];
    const { method, path, responses } = definition.route;
    const ok = responses['200'];
    const content = ok && 'content' in ok ? ok.content?.['application/json'] : undefined;
    return content && 'schema' in content ? [{ method, path, answer: content.schema as z.ZodType }] : [];
  });
}
