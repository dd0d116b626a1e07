import type { GroupView } from '../../node/view.ts';
import { useUnderstood } from '../hooks/use-understood.ts';
import { paths } from '../logic/route.ts';
import { exactTime } from '../logic/time.ts';
import { useMessages } from '../messages/index.ts';
import { Button } from './button.tsx';
import styles from './notice.module.css';

/**
 * Said to whoever held final blocks that a recovery has given up: which, and what became of their own posts. For good, or where it would stand in the way
 * of daily use, until they say that they know.
 */
export function GivenUpNotice({
  group,
  untilUnderstood = false,
}: {
  readonly group: GroupView;
  readonly untilUnderstood?: boolean;
}) {
  const { locale, recovery: words } = useMessages();
  const { givenUp } = group;
  const [isUnderstood, understood] = useUnderstood(group.groupId, givenUp);
  if (!givenUp || (untilUnderstood && isUnderstood)) return null;
  return (
    <section className={styles.notice} aria-labelledby="given-up-title">
      <h2 id="given-up-title">{words.givenUpTitle}</h2>
      <p>{words.givenUp({ from: givenUp.baseBlock + 1, to: givenUp.lastBlock, at: exactTime(givenUp.atMs, locale) })}</p>
      {givenUp.ownTrxs > 0 && <p>{words.givenUpOwn({ count: givenUp.ownTrxs })}</p>}
      <p>
        <a href={paths.block(group.groupId, givenUp.baseBlock + 1)}>{words.givenUpBlock}</a>
      </p>
      {untilUnderstood && (
        <p>
          <Button size="small" label={words.givenUpUnderstood} onClick={understood} />
        </p>
      )}
    </section>
  );
}
