import { Caller, type Place } from './caller.ts';

/** The nodes of a run: one at least; cases of two nodes run where the second is given. */
export interface Places {
  readonly node: Place;
  /** A node that finds the first one, e.g. over the same relay. */
  readonly other?: Place;
}

export interface Case {
  readonly title: string;
  /** Nodes that it takes. */
  readonly nodes: 1 | 2;
  run(places: Places): Promise<void>;
}

/** A case of one node. It leaves its group when it is done. */
export const oneNode = (title: string, run: (node: Caller) => Promise<void>): Case => ({
  title,
  nodes: 1,
  run: ({ node }) => run(new Caller(node)),
});

export const twoNodes = (title: string, run: (node: Caller, other: Caller) => Promise<void>): Case => ({
  title,
  nodes: 2,
  run: async ({ node, other }) => {
    if (other === undefined) throw new TypeError(`"${title}" takes two nodes`);
    await run(new Caller(node), new Caller(other));
  },
});
