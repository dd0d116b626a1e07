import type { NodeService } from '../node/service.ts';
import { type DescribedRoute, describedRoutes, type InterfaceDocument, interfaceDocument } from './openapi.ts';
import { createRouter } from './router.ts';

/** A router that is only looked at: no call ever reaches a node behind it. */
const lookedAt = () => createRouter({} as NodeService, { version: '' });

/** What `GET /openapi.json` answers everywhere. */
export const openApiDocument = (): InterfaceDocument => interfaceDocument(lookedAt());

export const allRoutes = (): DescribedRoute[] => describedRoutes(lookedAt());
