import type { GroupView } from '../../node/view.ts';
import { paths } from '../logic/route.ts';
import { exactTime } from '../logic/time.ts';
import { useMessages } from '../messages/index.ts';
import styles from './notice.module.css';

/** Said for good to whoever held final blocks that a recovery has given up: which, and what became of their own posts. */
export function GivenUpNotice({ group }: { readonly group: GroupView }) {
  const { locale, recovery: words } = useMessages();
  const { givenUp } = group;
  if (!givenUp) return null;
  return (
    <section className={styles.notice} aria-labelledby="given-up-title">
      <h2 id="given-up-title">{words.givenUpTitle}</h2>
      <p>{words.givenUp({ from: givenUp.baseBlock + 1, to: givenUp.lastBlock, at: exactTime(givenUp.atMs, locale) })}</p>
      {givenUp.ownTrxs > 0 && <p>{words.givenUpOwn({ count: givenUp.ownTrxs })}</p>}
      <p>
        <a href={paths.block(group.groupId, givenUp.baseBlock + 1)}>{words.givenUpBlock}</a>
      </p>
    </section>
  );
}
