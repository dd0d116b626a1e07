import { useMessages } from '../../messages/index.ts';
import { Gate } from './gate.tsx';

/** Instead of the app where a node cannot run: what is missing, and what to do about it. */
export function CannotRun({ missing, secure }: { readonly missing: readonly string[]; readonly secure: boolean }) {
  const { gate } = useMessages();
  const features = missing.join(', ');
  if (secure) return <Gate title={gate.missingTitle} text={gate.missingText({ features })} alert />;
  const { origin, port } = window.location;
  const url = `http://localhost${port ? `:${port}` : ''}/`;
  return (
    <Gate title={gate.insecureTitle} text={gate.insecureText({ origin, features })} alert>
      <h2>{gate.insecureDo}</h2>
      <ul>
        <li>{gate.insecureHttps}</li>
        <li>{gate.insecureLocalhost({ url })}</li>
      </ul>
    </Gate>
  );
}
