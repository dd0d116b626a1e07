import type {
  AnnounceItem,
  AppConfigItem,
  ChainConfigItem,
  TrxAuthMode,
  TrxType,
  UpdGroupUserItem,
  UserItem,
} from '../records/index.ts';
import type { Group } from './group.ts';
import type { Ports } from './ports.ts';
import { admittedUsers, announced, announcedUser } from './proofs.ts';
import {
  type AnnounceChange,
  type AppConfigChange,
  type AppConfigKey,
  type ChainConfigChange,
  type ListedSender,
  NodeError,
  type ProvenFault,
  type RequestedChange,
  type Submitted,
  type UserChange,
  type WantedChange,
} from './service.ts';
import { appConfigKeys, appConfigValue, authModeFor, listedSenders } from './settings.ts';
import { announce, setAppConfig, setChainConfig, updateUser } from './submissions.ts';
import type { ChangeView } from './view.ts';

/** What a node is asked about the members and the settings of one group. */
export abstract class GroupCalls {
  protected abstract readonly ports: Ports;
  /** Throws NodeError `unknown-group`. */
  protected abstract group(groupId: string): Group;
  /** Errors of this machine reach the caller as NodeErrors. */
  protected abstract guarded<T>(work: () => Promise<T>): Promise<T>;

  async announce(groupId: string, change: AnnounceChange): Promise<Submitted<AnnounceItem>> {
    const group = this.group(groupId);
    return this.guarded(() => announce(group, change));
  }

  async announcedProducers(groupId: string): Promise<AnnounceItem[]> {
    return announced(this.group(groupId).chain, 'producer');
  }

  async announcedUsers(groupId: string): Promise<AnnounceItem[]> {
    return announced(this.group(groupId).chain, 'user');
  }

  async announcedUser(groupId: string, signPubkey: string): Promise<AnnounceItem> {
    return announcedUser(this.group(groupId).chain, signPubkey);
  }

  async changeConsensus(groupId: string, wanted: WantedChange): Promise<RequestedChange> {
    const { change } = this.group(groupId);
    return this.guarded(() => change.request(wanted));
  }

  async consensusChange(groupId: string): Promise<ChangeView> {
    const view = this.group(groupId).change.view();
    if (!view) throw new NodeError('unknown-proof', 'This node has taken part in no change of consensus since it was started.');
    return view;
  }

  async abandonChange(groupId: string, reqId: string): Promise<void> {
    const { change } = this.group(groupId);
    await this.guarded(() => change.abandon(reqId));
  }

  async provenFaults(groupId: string): Promise<ProvenFault[]> {
    const { provenFaults } = this.group(groupId);
    return this.guarded(() => provenFaults.list());
  }

  async admittedUsers(groupId: string): Promise<UserItem[]> {
    return admittedUsers(this.group(groupId).chain);
  }

  async updateUser(groupId: string, change: UserChange): Promise<Submitted<UpdGroupUserItem>> {
    const group = this.group(groupId);
    return this.guarded(() => updateUser(group, change));
  }

  async chainConfig(groupId: string, change: ChainConfigChange): Promise<Submitted<ChainConfigItem>> {
    const group = this.group(groupId);
    return this.guarded(() => setChainConfig(group, change, this.ports.clock.nowNs()));
  }

  async allowList(groupId: string): Promise<ListedSender[]> {
    return listedSenders(this.group(groupId).chain, 'allow');
  }

  async denyList(groupId: string): Promise<ListedSender[]> {
    return listedSenders(this.group(groupId).chain, 'deny');
  }

  async authMode(groupId: string, trxType: TrxType): Promise<TrxAuthMode> {
    return authModeFor(this.group(groupId).chain, trxType);
  }

  async appConfig(groupId: string, change: AppConfigChange): Promise<Submitted<AppConfigItem>> {
    const group = this.group(groupId);
    return this.guarded(() => setAppConfig(group, change, this.ports.clock.nowNs()));
  }

  async appConfigKeys(groupId: string): Promise<AppConfigKey[]> {
    return appConfigKeys(this.group(groupId).chain);
  }

  async appConfigValue(groupId: string, name: string): Promise<AppConfigItem> {
    return appConfigValue(this.group(groupId).chain, name);
  }
}
