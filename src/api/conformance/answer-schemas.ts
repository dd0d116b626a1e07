import { allRoutes } from '../description.ts';
import type { z } from '../endpoint.ts';

const answers = allRoutes().map(({ method, path, answer }) => ({
  method: method.toUpperCase(),
  path: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
  answer,
}));

/** What the interface says that a call answers with 200; undefined if it does not know the route. */
export function answerSchemaOf(method: string, pathAndQuery: string): z.ZodType | undefined {
  const [path = ''] = pathAndQuery.split('?');
  return answers.find((route) => route.method === method && route.path.test(path))?.answer;
}
