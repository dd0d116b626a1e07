/**
 * What one relay gives to whom. It serves strangers, so everything that a peer can make it hold or do is bounded here. The figures let several dozen
 * groups of ordinary size share one small machine; an address may stand for a whole school or office behind one router.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

export const RELAY_LIMITS = {
  /** Open TCP connections: every WebSocket, and those that fetch the app; fewer where the system allows fewer open files. */
  sockets: 1_500,
  /** Open TCP connections of one address: its WebSockets, and some that fetch the app. */
  socketsPerAddress: 160,
  /** TCP connections that only this machine may have: a proxy, or the operator who looks what is wrong. */
  reservedSockets: 64,
  /** Open WebSockets: each costs 0.4 MB with its streams (measured). */
  connections: 1_000,
  /** Open WebSockets of one address: an office, a test machine with many tabs. */
  connectionsPerAddress: 100,
  /** New WebSockets of one address: a burst when a whole office comes back from lunch, then slowly. */
  newConnectionsPerAddress: { burst: 60, perSecond: 5 },
  /** Addresses whose new connections are counted at the same time; when full, the oldest is forgotten. */
  countedAddresses: 10_000,

  /** One message on a WebSocket; libp2p's are below 64 KiB. */
  webSocketMessageBytes: 1 * MiB,
  /** Bytes received on one connection, circuits included. Faster senders are held back, not cut: block sync over a circuit could make 20 MB/s. */
  receivedBytes: { burst: 64 * MiB, perSecond: 8 * MiB },
  /** Streams that a peer has open on one connection: a circuit for each member that it meets, and a few; 256 KiB may lie unread on each. */
  streamsPerConnection: 128,

  /** Reservations: peers that can be reached through this relay. */
  reservations: 1_000,
  /** Bytes over one circuit: enough to sync a large group when WebRTC is impossible. */
  circuitBytes: 1_024 * MiB,
  /** A circuit may stay as long as it is used (the largest delay that a timer takes). */
  circuitMs: 2 ** 31 - 1,
  /** Circuits that one peer opens: one for each member that it meets. */
  circuitsPerPeer: { burst: 60, perSecond: 2 },

  /** Topics, that is groups, altogether; each costs a mesh and a place in every heartbeat. */
  topics: 2_000,
  /** Topics of one peer: the groups that one person has open. */
  topicsPerPeer: 64,
  /** Topics of one address: an office. */
  topicsPerAddress: 256,
  /** Topics that one peer joins: all of its groups at four restarts, then slowly; what is over waits. */
  subscriptions: { burst: 256, perSecond: 8 },
  /** A topic outlives its last subscriber by this much, so that a reload finds the mesh in place (gossipsub shuns who left for 10 s). */
  topicLingerMs: 60_000,

  /** Gossip messages of one peer: its own (10/s at most) and those of others that it forwards. */
  gossipMessages: { burst: 400, perSecond: 100 },
  /** Authors that one peer forwards messages of, when they are new to it: members whom it meets, and no crowd that it invents. */
  newAuthors: { burst: 128, perSecond: 2 },
  /** The same for all peers of one address. */
  newAuthorsPerAddress: { burst: 512, perSecond: 8 },
  /** Gossip bytes of one peer, the whole of every message. */
  gossipBytes: { burst: 8 * MiB, perSecond: 1 * MiB },
  /** Messages of a peer's own over the limit after which it is dropped instead of ignored. */
  excessMessages: 200,
  /** How long a dropped peer is refused. */
  refusedMs: 60_000,
  /** Dropped peers remembered; when full, the oldest is forgotten. */
  refusedPeers: 10_000,

  /** Time for a request's head to arrive: slower ones are trickled to hold sockets. */
  httpHeadMs: 10_000,
  /** How often it is looked for requests that are late. */
  httpCheckMs: 1_000,
  /** Time for an answer to be read: the app over a slow line. */
  httpAnswerMs: 120_000,
  /** The same where there is no socket left for a newcomer. */
  httpCrowdedAnswerMs: 5_000,
} as const;
