import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFrontier, initCrypto } from '../crypto/index.ts';
import {
  AnnounceItem,
  AnnounceType,
  AppConfigItem,
  AppConfigType,
  ChainConfigItem,
  ChainConfigType,
  ChainSendTrxRuleListItem,
  ItemAction,
  SetTrxAuthModeItem,
  type Trx,
  TrxAuthMode,
  TrxResult,
  TrxType,
  UpdGroupUserItem,
} from '../records/index.ts';
import { type Author, paperGroup } from '../sim/index.ts';
import { execute } from './dispatcher.ts';
import { KvState } from './kv.ts';
import { mayEnter } from './rules.ts';

const TIME_NS = 1_000_000_000_000n;

const group = paperGroup(1);
const { identity, owner, alice, bob } = group;

beforeAll(initCrypto);

/** A chain of batches: each is executed on what the ones before left. */
class Ledger {
  readonly state = new KvState();

  run(...trxs: Trx[]) {
    const execution = execute(this.state, emptyFrontier(), trxs, identity);
    for (const { table, key, value } of execution.changes) this.state.apply(table, key, value);
    return execution;
  }

  /** How one trx was answered: undefined if applied, else why not. */
  reason(trx: Trx): string | undefined {
    const [answer] = this.run(trx).answers;
    return answer?.result === TrxResult.REJECTED ? answer.reason : undefined;
  }
}

const announce = (author: Author, over: Partial<AnnounceItem> = {}) =>
  author.trx(TrxType.ANNOUNCE, AnnounceItem.encode(author.announcement(over)), TIME_NS);
const admit = (by: Author, user: string, action: ItemAction = ItemAction.ADD) =>
  by.trx(
    TrxType.USER,
    UpdGroupUserItem.encode({ GroupId: identity.groupId, UserPubkey: user, Action: action, Memo: '' }),
    TIME_NS,
  );
const configure = (by: Author, type: ChainConfigType, data: Uint8Array) =>
  by.trx(TrxType.CHAIN_CONFIG, ChainConfigItem.encode(by.chainConfig(type, data)), TIME_NS);
const setMode = (by: Author, type: TrxType, mode: TrxAuthMode) =>
  configure(by, ChainConfigType.SET_TRX_AUTH_MODE, SetTrxAuthModeItem.encode({ Type: type, Mode: mode }));
const list = (by: Author, which: ChainConfigType, action: ItemAction, pubkey: string, types: TrxType[]) =>
  configure(by, which, ChainSendTrxRuleListItem.encode({ Action: action, Pubkey: pubkey, Type: types }));
const setApp = (by: Author, over: Partial<AppConfigItem>) =>
  by.trx(TrxType.APP_CONFIG, AppConfigItem.encode(by.appConfig(over)), TIME_NS);

describe('members (L-9)', () => {
  it('takes an announcement of one’s own key, and its removal', () => {
    const ledger = new Ledger();
    expect(ledger.reason(announce(alice))).toBeUndefined();
    expect(ledger.state.get('announced', `user/${alice.pubkey}`)).toBeDefined();
    expect(ledger.reason(announce(alice, { Action: ItemAction.REMOVE }))).toBeUndefined();
    expect(ledger.state.get('announced', `user/${alice.pubkey}`)).toBeUndefined();
    expect(ledger.reason(announce(alice, { Action: ItemAction.REMOVE }))).toMatch(/not announced/);
  });

  it('rejects an announcement for another key, for another group, with another’s signature, or with no age recipient', () => {
    const ledger = new Ledger();
    const foreign = alice.trx(TrxType.ANNOUNCE, AnnounceItem.encode(bob.announcement()), TIME_NS);
    expect(ledger.reason(foreign)).toMatch(/only the own key/);
    expect(ledger.reason(announce(alice, { GroupId: 'another' }))).toMatch(/another group/);
    const forged = { ...alice.announcement(), Signature: bob.announcement().Signature };
    expect(ledger.reason(alice.trx(TrxType.ANNOUNCE, AnnounceItem.encode(forged), TIME_NS))).toMatch(/signature/);
    const content = { Type: AnnounceType.AS_USER, SignPubkey: alice.pubkey, EncryptPubkey: 'age1nothing', Memo: '' };
    expect(ledger.reason(announce(alice, { Content: content }))).toMatch(/age recipient/);
    expect(ledger.reason(alice.trx(TrxType.ANNOUNCE, Uint8Array.of(1, 2, 3), TIME_NS))).toBeDefined();
  });

  it('lets only the owner admit users, and only those who announced themselves', () => {
    const ledger = new Ledger();
    expect(ledger.reason(admit(owner, alice.pubkey))).toMatch(/has not announced/);
    ledger.run(announce(alice));
    expect(ledger.reason(admit(bob, alice.pubkey))).toMatch(/only the owner/);
    expect(ledger.reason(admit(owner, alice.pubkey))).toBeUndefined();
    expect(ledger.state.get('users', alice.pubkey)).toBeDefined();
    expect(ledger.reason(admit(owner, alice.pubkey, ItemAction.REMOVE))).toBeUndefined();
    expect(ledger.state.get('users', alice.pubkey)).toBeUndefined();
  });

  it('sees an announcement that stands before it in the same block', () => {
    const ledger = new Ledger();
    const { answers } = ledger.run(announce(alice), admit(owner, alice.pubkey));
    expect(answers.map(({ result }) => result)).toEqual([TrxResult.APPLIED, TrxResult.APPLIED]);
  });
});

describe('rules (L-8)', () => {
  it('lets everybody post and announce until the owner says otherwise, and only the owner configure', () => {
    const { state } = new Ledger();
    expect(mayEnter(state, owner.pubkey, alice.pubkey, TrxType.POST)).toBe(true);
    expect(mayEnter(state, owner.pubkey, alice.pubkey, TrxType.ANNOUNCE)).toBe(true);
    for (const type of [TrxType.CHAIN_CONFIG, TrxType.APP_CONFIG, TrxType.USER, TrxType.CONSENSUS]) {
      expect(mayEnter(state, owner.pubkey, alice.pubkey, type)).toBe(false);
      expect(mayEnter(state, owner.pubkey, owner.pubkey, type)).toBe(true);
    }
    expect(mayEnter(state, owner.pubkey, owner.pubkey, TrxType.REQ_BLOCK)).toBe(false);
  });

  it('keeps the deny list, joins types to it and takes them off', () => {
    const ledger = new Ledger();
    const deny = (action: ItemAction, types: TrxType[]) =>
      ledger.reason(list(owner, ChainConfigType.UPD_DNY_LIST, action, alice.pubkey, types));
    const may = (type: TrxType) => mayEnter(ledger.state, owner.pubkey, alice.pubkey, type);
    expect(deny(ItemAction.ADD, [TrxType.POST])).toBeUndefined();
    expect([may(TrxType.POST), may(TrxType.ANNOUNCE)]).toEqual([false, true]);
    expect(deny(ItemAction.ADD, [TrxType.ANNOUNCE])).toBeUndefined();
    expect([may(TrxType.POST), may(TrxType.ANNOUNCE)]).toEqual([false, false]);
    expect(deny(ItemAction.REMOVE, [TrxType.POST])).toBeUndefined();
    expect([may(TrxType.POST), may(TrxType.ANNOUNCE)]).toEqual([true, false]);
    expect(deny(ItemAction.REMOVE, [])).toBeUndefined();
    expect([may(TrxType.POST), may(TrxType.ANNOUNCE)]).toEqual([true, true]);
    expect(deny(ItemAction.REMOVE, [])).toMatch(/not on the list/);
    expect(deny(ItemAction.ADD, [])).toMatch(/no trx type/);
  });

  it('admits only the allow list where the owner chose that mode', () => {
    const ledger = new Ledger();
    ledger.run(setMode(owner, TrxType.POST, TrxAuthMode.FOLLOW_ALW_LIST));
    expect(mayEnter(ledger.state, owner.pubkey, alice.pubkey, TrxType.POST)).toBe(false);
    expect(mayEnter(ledger.state, owner.pubkey, owner.pubkey, TrxType.POST)).toBe(true);
    ledger.run(list(owner, ChainConfigType.UPD_ALW_LIST, ItemAction.ADD, alice.pubkey, [TrxType.POST]));
    expect(mayEnter(ledger.state, owner.pubkey, alice.pubkey, TrxType.POST)).toBe(true);
    expect(mayEnter(ledger.state, owner.pubkey, bob.pubkey, TrxType.POST)).toBe(false);
  });

  it('rejects rules that the owner did not sign', () => {
    const ledger = new Ledger();
    expect(ledger.reason(setMode(bob, TrxType.POST, TrxAuthMode.FOLLOW_ALW_LIST))).toMatch(/only the owner/);
    const signedByBob = ChainConfigItem.encode(bob.chainConfig(ChainConfigType.SET_TRX_AUTH_MODE, new Uint8Array()));
    expect(ledger.reason(owner.trx(TrxType.CHAIN_CONFIG, signedByBob, TIME_NS))).toMatch(/signature/);
  });
});

describe('app config', () => {
  it('keeps values of the type that they say, removes them, and takes them from the owner only', () => {
    const ledger = new Ledger();
    expect(ledger.reason(setApp(owner, { Type: AppConfigType.INT, Value: '-12' }))).toBeUndefined();
    expect(ledger.reason(setApp(owner, { Type: AppConfigType.INT, Value: '1.5' }))).toMatch(/not of the type/);
    expect(ledger.reason(setApp(owner, { Type: AppConfigType.BOOL, Value: 'yes' }))).toMatch(/not of the type/);
    expect(ledger.reason(setApp(owner, { Name: '' }))).toMatch(/name/);
    expect(ledger.reason(setApp(alice, {}))).toMatch(/only the owner/);
    expect(ledger.reason(setApp(owner, { Action: ItemAction.REMOVE }))).toBeUndefined();
    expect(ledger.reason(setApp(owner, { Action: ItemAction.REMOVE }))).toMatch(/no value/);
  });
});

describe('content (L-4)', () => {
  it('writes the same for those who can read a post and those who cannot', () => {
    const post = alice.post('hello', TIME_NS);
    const blind = { ...identity, cipherKey: new Uint8Array(32) };
    const seeing = execute(new KvState(), emptyFrontier(), [post], identity);
    const unseeing = execute(new KvState(), emptyFrontier(), [post], blind);
    expect(unseeing.stateRoot).toEqual(seeing.stateRoot);
  });
});
