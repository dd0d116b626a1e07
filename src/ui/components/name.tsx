import { displayName, shortKey } from '../logic/text.ts';
import { useMessages } from '../messages/index.ts';

/** A group's name as its owner wrote it: set apart, so that its direction and marks stay inside it. */
export function GroupName({ name }: { readonly name: string }) {
  const messages = useMessages();
  return <bdi>{displayName(name) || messages.app.unnamedGroup}</bdi>;
}

/** A public key, shortened; whole on hovering. */
export function Key({ pubkey }: { readonly pubkey: string }) {
  const messages = useMessages();
  const clean = displayName(pubkey);
  return (
    <bdi className="key" title={clean}>
      {clean ? shortKey(clean) : messages.app.unknownKey}
    </bdi>
  );
}
