import { expect, test } from 'vitest';
import type { GroupView } from '../../node/view.ts';
import { candidatesOf, isHere, peopleOf } from './people.ts';

const announcement = (pubkey: string, Memo = '') => ({ AnnouncerPubkey: pubkey, Content: { SignPubkey: pubkey, Memo } });

function groupOf(part: Partial<GroupView>): GroupView {
  const members = ['B', 'D', 'E'].map((pubkey) => ({ peerId: `peer-${pubkey}`, pubkey, path: 'webrtc', headBlock: 7 }));
  const producers = [
    { pubkey: 'A', link: 'self', faults: {} },
    { pubkey: 'B', link: 'connected', faults: {} },
  ];
  return { userPubkey: 'A', ownerPubkey: 'A', members, consensus: { producers }, ...part } as unknown as GroupView;
}

const announced = {
  producers: [announcement('A'), announcement('C', 'away'), announcement('D', 'here')],
  users: [announcement('E', 'hello'), announcement('D'), announcement('F')],
  admitted: ['F', 'G'],
};

test('everybody is named once: producers, those who would be, everybody else; those who are here first', () => {
  const people = peopleOf(groupOf({}), announced);
  expect(people.producers.map(({ pubkey }) => pubkey)).toEqual(['A', 'B']);
  expect(people.waiting.map(({ pubkey }) => pubkey)).toEqual(['D', 'C']);
  expect(people.others.map(({ pubkey, isAdmitted, userMemo }) => [pubkey, isAdmitted, userMemo])).toEqual([
    ['E', false, 'hello'],
    ['F', true, ''],
    ['G', true, undefined],
  ]);
  expect(people.self).toMatchObject({ isSelf: true, isOwner: true, link: 'self' });
});

test('a producer that is counted away is here only if its node is still connected', () => {
  const here = (link: string, path: string) => {
    const members = [{ peerId: 'peer-B', pubkey: 'B', path, headBlock: 7 }];
    const consensus = { producers: [{ pubkey: 'B', link, faults: {} }] };
    const { producers } = peopleOf(groupOf({ members, consensus } as unknown as Partial<GroupView>), announced);
    return producers.map(isHere);
  };
  expect(here('away', 'none')).toEqual([false]);
  // It has lost its log, and speaks to no producer.
  expect(here('away', 'webrtc')).toEqual([true]);
  expect(here('connected', 'none')).toEqual([true]);
});

test('the owner is among everybody else where it neither produces nor offers to', () => {
  const people = peopleOf(groupOf({ userPubkey: 'E', ownerPubkey: 'O' }), { producers: [], users: [], admitted: [] });
  expect(people.others.map(({ pubkey }) => pubkey)).toEqual(['D', 'O']);
});

test('only who is announced can be chosen; the owner stands for itself, once, producer or not', () => {
  const choices = (group: GroupView, items = announced) =>
    candidatesOf(peopleOf(group, items)).map(({ pubkey, canBeChosen }) => [pubkey, canBeChosen]);
  expect(choices(groupOf({}))).toEqual([
    ['A', true],
    ['B', false],
    ['D', true],
    ['C', true],
  ]);
  const without = groupOf({
    consensus: { producers: [{ pubkey: 'B', link: 'connected', faults: {} }] } as unknown as GroupView['consensus'],
  });
  expect(choices(without).map(([pubkey]) => pubkey)).toEqual(['A', 'B', 'D', 'C']);
  expect(choices(without, { ...announced, producers: [] })).toEqual([
    ['A', true],
    ['B', false],
  ]);
});
