import { useEffect, useState } from 'react';
import { useMessages } from '../messages/index.ts';
import { Button } from './button.tsx';
import { useAnnounce } from './live-region.tsx';

const SHOWN_MS = 1600;

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  readonly iconOnly?: boolean;
  readonly kind?: 'primary' | 'secondary' | 'quiet';
  readonly size?: 'normal' | 'small';
}

/** Copies a text. The label stays while the icon tells of success, so that the name a person or a script knows does not change. */
export function CopyButton({ text, label, iconOnly = false, kind = 'secondary', size = 'normal' }: CopyButtonProps) {
  const messages = useMessages();
  const announce = useAnnounce();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce(messages.app.copied);
    } catch {
      announce(messages.app.copyFailed);
    }
  };
  return (
    <Button
      kind={kind}
      size={size}
      icon={copied ? 'check' : 'copy'}
      label={label}
      iconOnly={iconOnly}
      data-done={copied || undefined}
      onClick={() => void copy()}
    />
  );
}
