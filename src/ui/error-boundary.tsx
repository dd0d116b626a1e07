import { Component, type ErrorInfo, type ReactNode } from 'react';
import { type Messages, MessagesContext } from './messages/index.ts';
import { Gate } from './screens/gate/gate.tsx';

/** The last net: a page that tripped says so and offers to start again; the node in its worker goes on. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <MessagesContext.Consumer>
        {(messages: Messages) => <Gate title={messages.app.crashedTitle} text={messages.app.crashedText} reload alert />}
      </MessagesContext.Consumer>
    );
  }
}
