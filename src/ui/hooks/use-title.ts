import { useEffect, useRef } from 'react';
import { useMessages } from '../messages/index.ts';

let firstScreen = true;

/**
 * Names the page in the tab, and moves the focus to the heading when one screen follows another, so that a screen reader says
 * where one is. The first screen after loading is left alone.
 */
export function useScreenTitle<E extends HTMLElement>(
  title: string,
): { readonly ref: React.RefObject<E | null>; readonly tabIndex: -1 } {
  const { app } = useMessages();
  const ref = useRef<E>(null);
  useEffect(() => {
    document.title = title === app.name ? title : `${title} · ${app.name}`;
  }, [app.name, title]);
  useEffect(() => {
    if (!firstScreen && document.querySelector('dialog[open]') === null) {
      window.scrollTo({ top: 0 });
      ref.current?.focus({ preventScroll: true });
    }
    firstScreen = false;
  }, []);
  return { ref, tabIndex: -1 };
}
