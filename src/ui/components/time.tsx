import { useNow } from '../hooks/use-now.ts';
import { exactTime, relativeTime } from '../logic/time.ts';
import { useMessages } from '../messages/index.ts';

/** How long ago; the exact time on hovering. Nothing for a time that is not known. */
export function TimeAgo({ timeMs }: { readonly timeMs: number }) {
  const { locale } = useMessages();
  const nowMs = useNow();
  if (!isValid(timeMs)) return null;
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={exactTime(timeMs, locale)}>
      {relativeTime(timeMs, nowMs, locale)}
    </time>
  );
}

export function ExactTime({ timeMs }: { readonly timeMs: number }) {
  const { locale } = useMessages();
  if (!isValid(timeMs)) return null;
  return <time dateTime={new Date(timeMs).toISOString()}>{exactTime(timeMs, locale)}</time>;
}

/** Peers' clocks can say anything: a Date holds 8.64e15 ms at most. */
function isValid(timeMs: number): boolean {
  return timeMs > 0 && timeMs <= 8.64e15;
}
