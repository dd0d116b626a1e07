import { LIMITS } from '../records/limits.ts';
import { type MessageStream, NetworkError } from './ports.ts';

/** What a body of {@link MessageStream} is tested with. */
export interface StreamWorld {
  /** A new stream: both its ends. */
  open(): Promise<readonly [opener: MessageStream, opened: MessageStream]>;
  /** Lets the world go on until it is so. Rejects if it never is. */
  until(isSo: () => boolean): Promise<void>;
  /** Lets the world go on until nothing more happens by itself. */
  settle(): Promise<void>;
}

/** What every {@link MessageStream} must do, as plain functions: a failed check throws an Error that says what was expected. */
export interface StreamContractCase {
  readonly name: string;
  run(world: StreamWorld): Promise<void>;
}

const MESSAGES = 300;
/** More than a window, as most proposals are not. */
const LARGE_BYTES = LIMITS.streamWindowBytes + 12_345;

export const streamContract: readonly StreamContractCase[] = [
  {
    name: 'carries messages of all sizes in order, both ways at once',
    async run({ open, until }) {
      const [left, right] = await open();
      const [atLeft, atRight] = [listen(left), listen(right)];
      const sizes = Array.from({ length: MESSAGES }, (_, index) => (index === 150 ? LARGE_BYTES : (index * 37) % 3_000));
      for (const [index, size] of sizes.entries()) {
        check(left.send(numbered(size, index)), 'it is sent');
        check(right.send(numbered(size, index + 1)), 'it is sent');
      }
      await until(() => atLeft.messages.length === MESSAGES && atRight.messages.length === MESSAGES);
      for (const [index, size] of sizes.entries()) {
        check(same(atRight.messages[index], numbered(size, index)), `message ${index} arrives as it was`);
        check(same(atLeft.messages[index], numbered(size, index + 1)), `message ${index} back arrives as it was`);
      }
      check(atLeft.closes + atRight.closes === 0, 'nobody closed it');
    },
  },
  {
    name: 'keeps what comes before there is a receiver',
    async run({ open, until, settle }) {
      const [left, right] = await open();
      left.send(Uint8Array.of(1));
      left.send(Uint8Array.of(2));
      await settle();
      const atRight = listen(right);
      check(atRight.messages.length === 0, 'nothing is delivered within the call');
      await until(() => atRight.messages.length === 2);
      check(atRight.messages[1]?.[0] === 2, 'in order');
    },
  },
  {
    name: 'delivers a message when the one before is handled',
    async run({ open, until, settle }) {
      const [left, right] = await open();
      const handling: PromiseWithResolvers<void>[] = [];
      right.receive({
        message() {
          const handled = Promise.withResolvers<void>();
          handling.push(handled);
          return handled.promise;
        },
        closed() {},
      });
      for (let index = 0; index < 3; index++) left.send(Uint8Array.of(index));
      for (let count = 1; count <= 3; count++) {
        await until(() => handling.length === count);
        await settle();
        check(handling.length === count, 'the next one waits');
        handling[count - 1]?.resolve();
      }
    },
  },
  {
    name: 'closes when its queue is full, and sends no more than that to a receiver that stands still',
    async run({ open, until }) {
      const [left, right] = await open();
      let delivered = 0;
      right.receive({
        message() {
          delivered++;
          return new Promise(() => {});
        },
        closed() {},
      });
      const atLeft = listen(left);
      left.send(new Uint8Array(1));
      await until(() => delivered === 1);
      const megabyte = new Uint8Array(1024 * 1024);
      let sent = 0;
      while (left.send(megabyte)) {
        sent++;
        check(sent * megabyte.byteLength <= 2 * LIMITS.streamQueueBytes, 'the queue has an end');
        // Whatever can leave the queue does.
        await Promise.resolve();
      }
      check(sent * megabyte.byteLength >= LIMITS.streamQueueBytes - megabyte.byteLength, 'the queue takes what it promises');
      await until(() => atLeft.closes === 1);
      check(!left.send(Uint8Array.of(1)), 'it is closed');
      check(delivered === 1, 'the receiver was left alone');
    },
  },
  {
    name: 'is closed at both ends, once, by either',
    async run({ open, until, settle }) {
      for (const closer of [0, 1] as const) {
        const ends = await open();
        const [one, other] = [listen(ends[closer]), listen(ends[1 - closer] as MessageStream)];
        ends[closer].send(Uint8Array.of(7));
        await until(() => other.messages.length === 1);
        ends[closer].close();
        check(one.closes === 0, 'nobody is told within the call');
        check(!ends[closer].send(Uint8Array.of(1)), 'it is closed at once');
        await until(() => one.closes === 1 && other.closes === 1);
        check(!ends[1 - closer]?.send(Uint8Array.of(1)), 'it is closed for the other');
        for (const end of ends) end.close();
        await settle();
        check(one.closes === 1 && other.closes === 1 && other.messages.length === 1, 'they are told once, and nothing after it');
      }
    },
  },
  {
    name: 'tells a receiver that comes late that it is closed',
    async run({ open, until, settle }) {
      const [left, right] = await open();
      left.close();
      await until(() => !right.send(Uint8Array.of(1)));
      await settle();
      const [atLeft, atRight] = [listen(left), listen(right)];
      await until(() => atLeft.closes === 1 && atRight.closes === 1);
    },
  },
  {
    name: 'refuses what is too large, and stays open',
    async run({ open, until }) {
      const [left, right] = await open();
      const atRight = listen(right);
      refuses(left, LIMITS.streamOpeningBytes + 1);
      left.send(new Uint8Array(LIMITS.streamOpeningBytes));
      refuses(left, LIMITS.consensusMessageBytes + 1);
      left.send(new Uint8Array(LIMITS.consensusMessageBytes));
      await until(() => atRight.messages.length === 2);
    },
  },
  {
    name: 'gives the receiver bytes of its own',
    async run({ open, until }) {
      const [left, right] = await open();
      const atRight = listen(right);
      const around = Uint8Array.of(1, 2, 3, 4);
      left.send(around.subarray(1, 3));
      left.send(around.subarray(1, 3));
      await until(() => atRight.messages.length === 2);
      check(
        atRight.messages.every(({ buffer, byteLength }) => buffer.byteLength === byteLength),
        'the buffer holds nothing else',
      );
      atRight.messages[0]?.fill(9);
      check(
        same(atRight.messages[1], Uint8Array.of(2, 3)) && same(around, Uint8Array.of(1, 2, 3, 4)),
        'nobody else sees the change',
      );
    },
  },
];

interface Listening {
  readonly messages: Uint8Array[];
  closes: number;
}

function listen(stream: MessageStream): Listening {
  const listening: Listening = { messages: [], closes: 0 };
  stream.receive({
    message: (data) => void listening.messages.push(data),
    closed: () => void listening.closes++,
  });
  return listening;
}

function numbered(sizeBytes: number, number: number): Uint8Array {
  return new Uint8Array(sizeBytes).map((_, index) => index * 7 + (index >> 8) + number);
}

function refuses(stream: MessageStream, sizeBytes: number): void {
  let error: unknown;
  try {
    stream.send(new Uint8Array(sizeBytes));
  } catch (thrown) {
    error = thrown;
  }
  check(error instanceof NetworkError && error.code === 'too-large', `${sizeBytes} bytes are refused`);
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`It does not hold that ${what}.`);
}
