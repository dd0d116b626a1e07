/**
 * Works round two gaps of @libp2p/webrtc 6, both known only to whoever makes data channels.
 *
 * A race (private-to-private/initiate-connection.ts): whoever dials awaits the `open` and then the `close` event of a throw-away data channel
 * named `init` without looking whether they have already fired. The other side closes that channel as soon as it sees it, so a dialler whose
 * main thread was busy for a moment waits until the dial times out (6 s; 6 of 7 runs with four tabs). Here late listeners on `init` channels
 * are told what they missed.
 *
 * An end that is not seen (rtcpeerconnection-to-conn.ts): a page that closes or reloads ends its SCTP association, which the other side is
 * told within milliseconds; but libp2p waits for `connectionState`, which becomes `failed` when ICE has missed its checks for 15 to 18 s. Until then
 * every request goes to a page that is gone, though the same peer may long be back. Here the connection ends with its association.
 */

const INIT_LABEL = 'init';
const patched = new WeakSet<object>();
const watched = new WeakSet<RTCSctpTransport>();

/** Patches a body of WebRTC, once. Does nothing if there is none. */
export function patchWebRtc(webRtc: typeof RTCPeerConnection | undefined): void {
  if (webRtc === undefined || patched.has(webRtc)) return;
  patched.add(webRtc);
  const create = webRtc.prototype.createDataChannel;
  webRtc.prototype.createDataChannel = function (label: string, options?: RTCDataChannelInit): RTCDataChannel {
    const channel = create.call(this, label, options);
    endWithAssociation(this);
    return label === INIT_LABEL ? replaying(channel) : channel;
  };
}

/** There is no association before the two sides have spoken; each opens more channels after that. */
function endWithAssociation(connection: RTCPeerConnection): void {
  const { sctp } = connection;
  if (!sctp || watched.has(sctp)) return;
  watched.add(sctp);
  sctp.addEventListener('statechange', () => {
    // node-datachannel calls an association closed that is only not reached just now, and shows a closed one in `connectionState` by itself.
    if (sctp.state !== 'closed' || connection.connectionState !== 'connected') return;
    connection.close();
    // Whoever closes a connection is not told that it is closed, and libp2p does not know that we did.
    connection.dispatchEvent(new Event('connectionstatechange'));
  });
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
