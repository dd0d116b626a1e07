import type { GroupView } from '../../node/view.ts';
import { renewalOf } from '../logic/renewal.ts';
import { paths } from '../logic/route.ts';
import { displayName, shortKey } from '../logic/text.ts';
import { useMessages } from '../messages/index.ts';
import { ButtonLink } from './button.tsx';
import styles from './notice.module.css';

/** Offers the owner to appoint producers anew that have lost their logs: the form opens with the list as it is. */
export function RenewalNotice({ group }: { readonly group: GroupView }) {
  const { renewal: words } = useMessages();
  const renewal = renewalOf(group);
  if (!renewal || group.role !== 'owner') return null;
  const { lost, able, needed, by, canAsk } = renewal;
  // The own node begins the sentence.
  const own = lost.filter(({ link }) => link === 'self').map(() => words.you);
  const names = [...own, ...lost.filter(({ link }) => link !== 'self').map(({ pubkey }) => shortKey(displayName(pubkey)))];
  return (
    <section className={styles.notice} aria-labelledby="renewal-title">
      <h2 id="renewal-title">{words.title({ count: lost.length })}</h2>
      <p>{words.silent({ names })}</p>
      <p>{words.by[by]({ able, needed })}</p>
      {canAsk && (
        <p>
          <ButtonLink href={paths[by === 'change' ? 'change' : 'recover'](group.groupId)} label={words.renew} />
        </p>
      )}
    </section>
  );
}
