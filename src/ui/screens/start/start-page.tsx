import { useNodeState } from '../../client/context.ts';
import { Button } from '../../components/button.tsx';
import { useJoinSeed } from '../../hooks/use-join-seed.ts';
import { navigate } from '../../hooks/use-route.ts';
import { useScreenTitle } from '../../hooks/use-title.ts';
import { paths, type Route } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import { CreateDialog } from './create-dialog.tsx';
import { EmptyStart } from './empty-start.tsx';
import { FileLinks } from './file-links.tsx';
import { GroupCard } from './group-card.tsx';
import { JoinDialog } from './join-dialog.tsx';
import { ProgramLinks } from './program-links.tsx';
import { SeedLinks } from './seed-links.tsx';
import styles from './start-page.module.css';

type StartRoute = Extract<Route, { screen: 'start' | 'create' | 'join' }>;

export function StartPage({ route }: { readonly route: StartRoute }) {
  const { start } = useMessages();
  const groups = useNodeState().view?.groups ?? [];
  const heading = useScreenTitle<HTMLHeadingElement>(start.title);
  const joinSeed = useJoinSeed(route);
  const close = (): void => {
    joinSeed.forget();
    navigate(paths.start, true);
  };
  const actions = (
    <div className={styles.actions}>
      <Button
        kind="primary"
        size={groups.length === 0 ? 'large' : 'normal'}
        icon="plus"
        label={start.create}
        onClick={() => navigate(paths.create)}
      />
      <Button
        size={groups.length === 0 ? 'large' : 'normal'}
        icon="arrowIn"
        label={start.join}
        onClick={() => navigate(paths.join)}
      />
    </div>
  );
  return (
    <>
      {groups.length === 0 ? (
        <EmptyStart heading={heading} actions={actions} />
      ) : (
        <>
          <header className={styles.header}>
            <h1 {...heading}>{start.title}</h1>
            {actions}
          </header>
          <ul className={styles.cards} aria-label={start.listLabel}>
            {groups.map((group) => (
              <li key={group.groupId}>
                <GroupCard group={group} />
              </li>
            ))}
          </ul>
        </>
      )}
      <FileLinks />
      <ProgramLinks />
      <SeedLinks />
      {route.screen === 'create' && <CreateDialog onClose={close} />}
      {route.screen === 'join' && <JoinDialog key={joinSeed.seed} seed={joinSeed.seed} onClose={close} />}
    </>
  );
}
