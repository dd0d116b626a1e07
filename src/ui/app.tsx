import styles from './app.module.css';
import { NodeContext, type NodeHandle, useNodeState } from './client/context.ts';
import { LiveRegion } from './components/live-region.tsx';
import { ProblemStrip } from './components/problem-strip.tsx';
import { StatusBar } from './components/status-bar.tsx';
import { TopBar } from './components/top-bar.tsx';
import { UpdateStrip } from './components/update-strip.tsx';
import { useRoute } from './hooks/use-route.ts';
import type { Route } from './logic/route.ts';
import { useMessages } from './messages/index.ts';
import { BackupPage } from './screens/files/backup-page.tsx';
import { VerifyPage } from './screens/files/verify-page.tsx';
import { Gate } from './screens/gate/gate.tsx';
import { Opening } from './screens/gate/opening.tsx';
import { GroupPage } from './screens/group/group-page.tsx';
import { NotFound } from './screens/start/not-found.tsx';
import { StartPage } from './screens/start/start-page.tsx';

export function App({ node }: { readonly node: NodeHandle }) {
  return (
    <NodeContext value={node}>
      <LiveRegion>
        <Shell />
      </LiveRegion>
    </NodeContext>
  );
}

function Shell() {
  const messages = useMessages();
  const route = useRoute();
  const { view, failure } = useNodeState();
  if (failure && !view) {
    return (
      <Gate title={messages.gate.failedTitle} text={failure.message} reload alert>
        <p>{messages.gate.failedHint}</p>
      </Gate>
    );
  }
  const groupId = 'groupId' in route ? route.groupId : undefined;
  return (
    <div className={styles.shell} id="shell">
      {/* A button and no link: the fragment of the address is the route. */}
      <button type="button" className={styles.skip} onClick={() => document.getElementById('content')?.focus()}>
        {messages.app.skip}
      </button>
      <TopBar atHome={['start', 'create', 'join'].includes(route.screen)} />
      <main className={styles.main} id="content" tabIndex={-1}>
        <UpdateStrip />
        <ProblemStrip groupId={groupId} />
        {view ? <Screen route={route} /> : <Opening title={messages.app.loading} text={messages.app.loadingHint} />}
      </main>
      <StatusBar groupId={groupId} />
    </div>
  );
}

function Screen({ route }: { readonly route: Route }) {
  switch (route.screen) {
    case 'start':
    case 'create':
    case 'join':
      return <StartPage route={route} />;
    case 'backup':
      return <BackupPage />;
    case 'verify':
      return <VerifyPage />;
    case 'unknown':
      return <NotFound />;
    default:
      return <GroupPage key={route.groupId} route={route} />;
  }
}
