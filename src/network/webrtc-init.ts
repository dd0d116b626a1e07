/**
 * Works round a race in @libp2p/webrtc 6 (private-to-private/initiate-connection.ts): whoever dials awaits the `open` and then the `close`
 * event of a throw-away data channel named `init` without looking whether they have already fired. The other side closes that channel as soon as it
 * sees it, so a dialler whose main thread was busy for a moment waits until the dial times out (6 s; 6 of 7 runs with four tabs).
 * Here late listeners on `init` channels are told what they missed.
 */

const INIT_LABEL = 'init';
const patched = new WeakSet<object>();

/** Patches a body of WebRTC, once. Does nothing if there is none. */
export function replayInitChannelEvents(webRtc: typeof RTCPeerConnection | undefined): void {
  if (webRtc === undefined || patched.has(webRtc)) return;
  patched.add(webRtc);
  const create = webRtc.prototype.createDataChannel;
  webRtc.prototype.createDataChannel = function (label: string, options?: RTCDataChannelInit): RTCDataChannel {
    const channel = create.call(this, label, options);
    return label === INIT_LABEL ? replaying(channel) : channel;
  };
}

function replaying(channel: RTCDataChannel): RTCDataChannel {
  const fired = { open: false, close: false };
  channel.addEventListener('open', () => {
    fired.open = true;
  });
  channel.addEventListener('close', () => {
    fired.close = true;
    if (fired.open) return;
    // Closed by the other side before `open` was ever dispatched here: the dialler still awaits both, in that order.
    channel.dispatchEvent(new Event('open'));
    queueMicrotask(() => channel.dispatchEvent(new Event('close')));
  });
  const add = channel.addEventListener.bind(channel) as EventTarget['addEventListener'];
  channel.addEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ) => {
    add(type, listener, options);
    const missed = (type === 'open' && fired.open) || (type === 'close' && fired.close);
    if (!missed || listener === null) return;
    queueMicrotask(() => {
      const event = new Event(type);
      if (typeof listener === 'function') listener.call(channel, event);
      else listener.handleEvent(event);
    });
  };
  return channel;
}
