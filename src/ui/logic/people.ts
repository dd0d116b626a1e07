import type { GroupView, MemberView, ProducerLink } from '../../node/view.ts';
import type { AnnounceItemJson } from '../client/records.ts';

export interface Person {
  readonly pubkey: string;
  readonly isSelf: boolean;
  readonly isOwner: boolean;
  /** How a producer of the present configuration is connected; undefined for others. */
  readonly link: ProducerLink | undefined;
  readonly member: MemberView | undefined;
  /** The memo that it announced itself with as producer; undefined if it did not. */
  readonly producerMemo: string | undefined;
  readonly userMemo: string | undefined;
  readonly isAdmitted: boolean;
}

export interface People {
  readonly self: Person;
  /** Who makes the blocks, in the order of the configuration. */
  readonly producers: readonly Person[];
  /** Announced as producers and not chosen; those who are here first. */
  readonly waiting: readonly Person[];
  /** Everybody else who announced itself or is here, without this node. */
  readonly others: readonly Person[];
}

export interface Announced {
  readonly producers: readonly AnnounceItemJson[];
  readonly users: readonly AnnounceItemJson[];
  readonly admitted: readonly string[];
}

const memosOf = (items: readonly AnnounceItemJson[]): Map<string, string> =>
  new Map(items.map((item) => [item.AnnouncerPubkey ?? item.Content?.SignPubkey ?? '', item.Content?.Memo ?? '']));

/** Everybody that this node knows of in a group, each once. */
export function peopleOf(group: GroupView, { producers, users, admitted }: Announced): People {
  const producerMemos = memosOf(producers);
  const userMemos = memosOf(users);
  const admittedKeys = new Set(admitted);
  const members = new Map(group.members.filter(({ pubkey }) => pubkey !== '').map((member) => [member.pubkey, member]));
  const links = new Map(group.consensus.producers.map(({ pubkey, link }) => [pubkey, link]));
  const personOf = (pubkey: string): Person => ({
    pubkey,
    isSelf: pubkey === group.userPubkey,
    isOwner: pubkey === group.ownerPubkey,
    link: links.get(pubkey),
    member: members.get(pubkey),
    producerMemo: producerMemos.get(pubkey),
    userMemo: userMemos.get(pubkey),
    isAdmitted: admittedKeys.has(pubkey),
  });
  const hereFirst = (people: readonly Person[]): Person[] => people.toSorted((a, b) => Number(isHere(b)) - Number(isHere(a)));
  const waiting = [...producerMemos.keys()].filter((pubkey) => !links.has(pubkey)).map(personOf);
  const shown = new Set([...links.keys(), ...producerMemos.keys(), group.userPubkey]);
  const others = [...new Set([group.ownerPubkey, ...members.keys(), ...userMemos.keys(), ...admitted])].filter(
    (pubkey) => !shown.has(pubkey),
  );
  return {
    self: personOf(group.userPubkey),
    producers: [...links.keys()].map(personOf),
    waiting: hereFirst(waiting),
    others: hereFirst(others.map(personOf)),
  };
}

export function isHere({ isSelf, link, member }: Person): boolean {
  if (isSelf || link === 'connected') return true;
  // A closed tab's last word is remembered for a while; of a producer that is counted away that says nothing.
  return member !== undefined && !(link === 'away' && member.path === 'none');
}

/** Whom the owner can choose: itself, whoever announced itself, and the present producers, of whom some may have taken it back. */
export function candidatesOf(people: People): readonly (Person & { readonly canBeChosen: boolean })[] {
  const { self, producers, waiting } = people;
  const present = new Set(producers.map(({ pubkey }) => pubkey));
  const owner = self.isOwner && !present.has(self.pubkey) ? [self] : [];
  const all = [...owner, ...producers, ...waiting.filter(({ pubkey }) => pubkey !== self.pubkey || !self.isOwner)];
  return all.map((person) => ({ ...person, canBeChosen: person.isOwner || person.producerMemo !== undefined }));
}
