import { NetworkError } from '../../errors.ts';
import { type IpFamily, isMulticast } from '../../ip/index.ts';
import type { Ms } from '../../machine.ts';
import { type NativeSockets, socketAddress } from '../native.ts';
import {
  type DatagramReceiver,
  type Deliver,
  dgramReceiver,
  type Membership,
  type OpenReceiver,
} from '../receiver.ts';
import { type MessageSlab, SLOTS } from './message-slab.ts';
import type { HubMember, ReceiveHub } from './receive-hub.ts';
import { SenderCache } from './sender-cache.ts';

export interface BatchedReceiverOptions {
  /** How long datagrams may wait, milliseconds above 0; default 5. Less costs more: 1 for packets of a millisecond. */
  readonly latencyMs?: Ms;
  /**
   * Hands over datagrams in memory that is used again afterwards: they are valid during the call only. For listeners that
   * copy what they keep.
   */
  readonly lend?: boolean;
}

/** Batches of one socket in one round, so that a flood on it does not keep the others waiting. */
const MAX_BATCHES = 16;
/** Stamps older than this are not believed: the wall clock has been set. */
const MAX_AGE_MS: Ms = 1000;

/**
 * A receive path that takes datagrams in batches, for programs with many or busy streams. Each socket gets a twin made
 * by system calls, which joins in its place and which the hub reads. Unicast, and systems without such calls, go by the
 * socket's own events.
 */
export function batchedReceiver(hub: ReceiveHub, options: BatchedReceiverOptions = {}): OpenReceiver {
  return (request) => {
    const { openTwin, bindAddress } = request;
    if (openTwin === undefined || !isMulticast(bindAddress)) return dgramReceiver(request);
    const fd = openTwin();
    try {
      return new BatchedReceiver(hub, fd, request.family, request.receiveBufferBytes, options);
    } catch (error) {
      hub.native.close(fd);
      throw error;
    }
  };
}

class BatchedReceiver implements DatagramReceiver, HubMember {
  readonly fd: number;
  readonly latencyMs: Ms;
  readonly lends: boolean;
  readonly #hub: ReceiveHub;
  readonly #family: IpFamily;
  readonly #senders: SenderCache;
  readonly #stampLevel: number;
  readonly #stampType: number;
  #deliver: Deliver | undefined;
  #open = true;

  constructor(
    hub: ReceiveHub,
    fd: number,
    family: IpFamily,
    bufferBytes: number,
    { latencyMs = 5, lend = false }: BatchedReceiverOptions,
  ) {
    const { native } = hub;
    const { SOL_SOCKET, SO_RCVBUF, SO_TIMESTAMPNS } = native.constants;
    this.fd = fd;
    this.latencyMs = latencyMs;
    this.lends = lend;
    this.#hub = hub;
    this.#family = family;
    this.#stampLevel = SOL_SOCKET;
    this.#stampType = SO_TIMESTAMPNS;
    this.#senders = new SenderCache(family, (scope) => native.batches.interfaceName(scope));
    native.setInt(fd, SOL_SOCKET, SO_RCVBUF, bufferBytes);
    native.setInt(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  }

  join({ group, interfaceName, sources }: Membership): void {
    const { native } = this.#hub;
    const { constants: c } = native;
    const level = this.#family === 4 ? c.IPPROTO_IP : c.IPPROTO_IPV6;
    const index = native.batches.interfaceIndex(interfaceName);
    // Of 0 the system would make an interface of its own choice.
    if (index === 0) throw Object.assign(new NetworkError(`no ${interfaceName}`), { systemCode: 'ENODEV' });
    if (sources.length === 0) {
      native.setBytes(this.fd, level, c.MCAST_JOIN_GROUP, groupRequest(native, this.#family, index, group));
    }
    for (const source of sources) {
      const request = groupRequest(native, this.#family, index, group, source);
      native.setBytes(this.fd, level, c.MCAST_JOIN_SOURCE_GROUP, request);
    }
  }

  start(deliver: Deliver): void {
    this.#deliver = deliver;
    this.#hub.add(this);
  }

  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deliver = undefined;
    this.#hub.remove(this);
    this.#hub.native.close(this.fd);
  }

  receiveBufferGranted(): number {
    const { native } = this.#hub;
    return native.getInt(this.fd, native.constants.SOL_SOCKET, native.constants.SO_RCVBUF);
  }
  kernelDrops(): number {
    return this.#open ? this.#hub.native.drops(this.fd) : 0;
  }

  drain(slab: MessageSlab, now: Ms, offset: number): void {
    for (let batch = 0; batch < MAX_BATCHES && this.#open; batch++) {
      const count = slab.receive(this.fd);
      for (let slot = 0; slot < count; slot++) this.#take(slab, slot, now, offset);
      slab.release(count);
      if (count < SLOTS) return;
    }
  }

  #take(slab: MessageSlab, slot: number, now: Ms, offset: number): void {
    const deliver = this.#deliver;
    if (deliver === undefined) return; // stopped by a listener, in the middle of a batch
    const stamp = slab.arrival(slot, this.#stampLevel, this.#stampType);
    const arrived = stamp === undefined ? now : Math.min(now, stamp + offset);
    const bytes = slab.bytes(slot);
    const at = now - arrived > MAX_AGE_MS ? now : arrived;
    deliver(this.lends ? bytes : bytes.slice(), this.#senders.of(slab, slot), at);
  }
}

/** A `struct group_req`, or with a source a `struct group_source_req` (RFC 3678 §5.1). */
function groupRequest(
  native: NativeSockets,
  family: IpFamily,
  index: number,
  group: string,
  source?: string,
): Uint8Array {
  const STORAGE = 128;
  const out = new Uint8Array(8 + STORAGE * (source === undefined ? 1 : 2));
  new DataView(out.buffer).setUint32(0, index, true);
  out.set(socketAddress(native.constants, family, group, 0, 0), 8);
  if (source !== undefined) out.set(socketAddress(native.constants, family, source, 0, 0), 8 + STORAGE);
  return out;
}
