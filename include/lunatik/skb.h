/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A packet on its way into a script. Whoever calls a hook with one has a struct lunatik_packet on its stack, opens it with
 * lunatik_packet_open(), and gives it to the hook's Skb (lunatik/skb.hpp) for as long as the hook runs. For kernel C and C++.
 */
#ifndef LUNATIK_SKB_H
#define LUNATIK_SKB_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sk_buff;

/* Of an IPv4 header, at most. */
#define LUNATIK_PACKET_OPTIONS 40

/**
 * struct lunatik_packet - the bytes of a packet from its network header on, as they lie now
 * @skb: the packet, which the caller has for itself
 * @bytes: its network header
 * @linear: how many bytes from there are in one piece
 * @length: how many there are at all
 * @writable: how many of the linear ones may be written: nobody else sees them
 * @fixed: nothing of it may change: whoever calls the hook has pointers into it. Set after lunatik_packet_open()
 * @parsed: the kernel has read the header of IPv4 or IPv6, and counts on what it has seen: lunatik_packet_settle() is called after the
 *	hook. Set after lunatik_packet_open()
 * @kept: what that is, once something of the packet is writable: the header's first byte, that with the protocol, and
 * @kept_size: this many bytes behind these that lie
 * @kept_from: bytes after the first
 */
struct lunatik_packet {
	struct sk_buff *skb;
	unsigned char *bytes;
	unsigned int linear;
	unsigned int length;
	unsigned int writable;
	LUNATIK_BOOL fixed;
	LUNATIK_BOOL parsed;
	unsigned char kept_size;
	unsigned char kept_from;
	unsigned char kept[2 + LUNATIK_PACKET_OPTIONS];
};

/**
 * lunatik_packet_intact - whether a hook has left alone what the kernel has read already; puts it back if not
 * @packet: a `parsed` one of which something is writable
 *
 * The length of an IPv4 header is what later code takes for the size of memory, and so are the lengths in its options, and that of
 * IPv6's hop-by-hop options. The protocol is that of the socket which the packet may have been given already. Context: any. In
 * lunatik_skb.ko.
 */
LUNATIK_BOOL lunatik_packet_intact(struct lunatik_packet *packet);

/** The same after any hook, of any packet. */
static inline LUNATIK_BOOL lunatik_packet_left_alone(struct lunatik_packet *packet)
{
	return !packet->writable || !packet->parsed || lunatik_packet_intact(packet);
}

#ifndef __cplusplus
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

/** Looks at a packet. Context: whoever has the skb. */
static inline void lunatik_packet_open(struct lunatik_packet *packet, struct sk_buff *skb)
{
	unsigned char *bytes = skb_network_header(skb);
	unsigned int linear = skb_headlen(skb);
	unsigned int offset = bytes - skb->data;

	/* A packet without one, or that is beyond it, begins where its data do: what lies before was never filled. */
	if (unlikely(offset > linear)) {
		bytes = skb->data;
		offset = 0;
	}
	packet->skb = skb;
	packet->bytes = bytes;
	packet->linear = linear - offset;
	packet->length = skb->len - offset;
	packet->writable = 0;
	packet->fixed = false;
	packet->parsed = false;
}

/**
 * What a hook has said, after it has let go of a packet: @said, or -EBADMSG in it if nothing else was wrong than that the packet is
 * not what it may be.
 */
static __always_inline struct lunatik_said lunatik_packet_settle(struct lunatik_packet *packet, struct lunatik_said said)
{
	if (unlikely(!lunatik_packet_left_alone(packet)) && !said.error)
		said.error = -EBADMSG;
	return said;
}

/**
 * Sees to it that the caller stays on its CPU, whose state of a per-CPU runtime it asks: what a task sends could come to another one on
 * its way from here into the script. Context: any that may take a packet. Returns what lunatik_packet_leave() wants.
 */
static __always_inline bool lunatik_packet_stay(void)
{
	if (likely(in_softirq()))
		return false;
	local_bh_disable();
	return true;
}

/** Undoes lunatik_packet_stay(), which gave @stayed. Context: the same. */
static __always_inline void lunatik_packet_leave(bool stayed)
{
	if (unlikely(stayed))
		local_bh_enable();
}

/** Whether a verdict is one that netfilter knows: NF_* with what may stand beside it. @queues: packets may be queued here. */
static inline bool lunatik_packet_is_verdict(long long verdict, bool queues)
{
	u32 known = verdict & NF_VERDICT_MASK;

	if (verdict < 0 || verdict > U32_MAX || known > NF_MAX_VERDICT)
		return false;
	if (verdict == known)
		return queues || known != NF_QUEUE;
	/* A queue's number and flag, or an errno. */
	if (known == NF_QUEUE)
		return queues && !(verdict & ~(long long)(NF_VERDICT_MASK | NF_VERDICT_QMASK | NF_VERDICT_FLAG_QUEUE_BYPASS));
	/* NF_DROP_ERR(). Any other number there is taken for a success, or for a packet that is still there. */
	return known == NF_DROP && !(verdict & 0xff00) && verdict >> NF_VERDICT_QBITS <= MAX_ERRNO;
}
#endif

extern const lunatik_class_t lunatik_class_skb;
/** What makes the object that a hook is called with, as a Companion<Skb> of the hook's own. */
extern const struct lunatik_function lunatik_companion_skb;

#ifdef __cplusplus
}
#endif

#endif
