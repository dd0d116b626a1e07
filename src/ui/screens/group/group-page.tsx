import { useEffect, useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useGroup } from '../../client/context.ts';
import { ButtonLink } from '../../components/button.tsx';
import type { Route } from '../../logic/route.ts';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import { BlockPage } from '../blocks/block-page.tsx';
import { BlocksPage } from '../blocks/blocks-page.tsx';
import { TrxPage } from '../blocks/trx-page.tsx';
import { ChangePage } from '../consensus/change-page.tsx';
import { ConsensusPage } from '../consensus/consensus-page.tsx';
import { Opening } from '../gate/opening.tsx';
import { PeoplePage } from '../people/people-page.tsx';
import { FeedPage } from './feed-page.tsx';
import { GroupHeader } from './group-header.tsx';
import styles from './group-page.module.css';

type GroupRoute = Extract<Route, { groupId: string }>;

/** A group that was made or joined a moment ago may not be in the node's view yet. */
const APPEARS_WITHIN_MS = 5000;

export function GroupPage({ route }: { readonly route: GroupRoute }) {
  const group = useGroup(route.groupId);
  if (!group) return <MissingGroup />;
  return (
    <>
      <GroupHeader group={group} screen={route.screen} />
      <GroupScreen group={group} route={route} />
    </>
  );
}

function GroupScreen({ group, route }: { readonly group: GroupView; readonly route: GroupRoute }) {
  switch (route.screen) {
    case 'feed':
      return <FeedPage group={group} />;
    case 'blocks':
      return <BlocksPage group={group} top={route.top} />;
    case 'block':
      return <BlockPage key={route.blockId} group={group} blockId={route.blockId} />;
    case 'members':
      return <PeoplePage group={group} />;
    case 'consensus':
      return <ConsensusPage group={group} />;
    case 'change':
      return <ChangePage key={String(route.recovery)} group={group} recovery={route.recovery} />;
    case 'trx':
      return <TrxPage key={route.trxId} group={group} trxId={route.trxId} />;
  }
}

function MissingGroup() {
  const { group, app } = useMessages();
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), APPEARS_WITHIN_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!waited) return <Opening title={group.opening} />;
  return (
    <div className={styles.missing}>
      <h1>{group.missingTitle}</h1>
      <p>{group.missingText}</p>
      <ButtonLink href={paths.start} icon="back" label={app.back} />
    </div>
  );
}
