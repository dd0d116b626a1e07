import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { installGlobal, installService, readProfile, type SettClient } from '../page/index.ts';
import { App } from './app.tsx';
import { createApi } from './client/api.ts';
import { createNodeStore } from './client/node-state.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { restoreTheme } from './hooks/use-theme.ts';
import { missingFeatures } from './logic/features.ts';
import { CannotRun } from './screens/gate/cannot-run.tsx';

/** Shows the app in this page, with the node that `openClient` opens for the profile of the page's address. */
export function openApp(openClient: (options: { readonly profile: string }) => SettClient): void {
  restoreTheme();
  const container = document.getElementById('root');
  if (!container) throw new Error('The page has no #root.');
  const root = createRoot(container);

  const missing = missingFeatures(window);
  if (missing.length > 0) {
    root.render(
      <StrictMode>
        <CannotRun missing={missing} secure={window.isSecureContext} />
      </StrictMode>,
    );
    return;
  }
  const client = openClient({ profile: readProfile(window.location.search) });
  installGlobal(client);
  const node = { api: createApi(client), store: createNodeStore(client), updates: installService() };
  root.render(
    <StrictMode>
      <ErrorBoundary>
        <App node={node} />
      </ErrorBoundary>
    </StrictMode>,
  );
}
