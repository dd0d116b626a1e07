import { createContext, useContext } from 'react';
import type { Notice } from '../../node/view.ts';
import { en, type Messages } from './en.ts';

export type { Messages } from './en.ts';

/** The catalogue in use. English until a second language exists. */
export const MessagesContext = createContext<Messages>(en);

export function useMessages(): Messages {
  return useContext(MessagesContext);
}

/** A problem in the reader's language, or the node's own sentence for codes that the catalogue does not know. */
export function problemText(messages: Messages, notice: Notice): string {
  const known = Object.hasOwn(messages.problems, notice.code) ? messages.problems[notice.code] : undefined;
  return known ? known({ ...notice.params, message: notice.message }) : notice.message || messages.error.unknown;
}
