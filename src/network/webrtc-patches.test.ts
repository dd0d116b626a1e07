import { describe, expect, it } from 'vitest';
import { patchWebRtc } from './webrtc-patches.ts';

class FakeAssociation extends EventTarget {
  state = 'connected';

  end(): void {
    this.state = 'closed';
    this.dispatchEvent(new Event('statechange'));
  }
}

/** A body of WebRTC of its own for each test, because each is patched only once. */
function fakeWebRtc() {
  return class FakeConnection extends EventTarget {
    connectionState = 'connected';
    sctp: FakeAssociation | null = new FakeAssociation();
    readonly changes: string[] = [];

    constructor() {
      super();
      this.addEventListener('connectionstatechange', () => this.changes.push(this.connectionState));
    }

    createDataChannel(_label: string): EventTarget {
      return new EventTarget();
    }

    close(): void {
      this.connectionState = 'closed';
    }
  };
}

function patched() {
  const webRtc = fakeWebRtc();
  patchWebRtc(webRtc as unknown as typeof RTCPeerConnection);
  patchWebRtc(webRtc as unknown as typeof RTCPeerConnection);
  return new webRtc();
}

describe('patchWebRtc', () => {
  it('ends a connection whose association the other side has ended, and tells of it once', () => {
    const connection = patched();
    connection.createDataChannel('a');
    connection.createDataChannel('b');
    connection.sctp?.end();
    expect(connection.changes).toEqual(['closed']);
  });

  it('watches the association as soon as there is one', () => {
    const connection = patched();
    connection.sctp = null;
    connection.createDataChannel('init');
    connection.sctp = new FakeAssociation();
    connection.createDataChannel('');
    connection.sctp.end();
    expect(connection.changes).toEqual(['closed']);
  });

  it('leaves a connection alone that was closed here, or that is not reached just now', () => {
    for (const state of ['closed', 'disconnected']) {
      const connection = patched();
      connection.createDataChannel('');
      connection.connectionState = state;
      connection.sctp?.end();
      expect(connection).toMatchObject({ connectionState: state, changes: [] });
    }
  });

  it('tells a late listener of an `init` channel what it missed, in order', async () => {
    const channel = patched().createDataChannel('init');
    channel.dispatchEvent(new Event('open'));
    channel.dispatchEvent(new Event('close'));
    const heard: string[] = [];
    for (const type of ['open', 'close']) {
      await new Promise<void>((resolve) => channel.addEventListener(type, () => resolve(), { once: true }));
      heard.push(type);
    }
    expect(heard).toEqual(['open', 'close']);
  });
});
