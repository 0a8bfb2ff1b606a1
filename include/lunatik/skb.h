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

/**
 * struct lunatik_packet - the bytes of a packet from its network header on, as they lie now
 * @skb: the packet, which the caller has for itself
 * @bytes: its network header
 * @linear: how many bytes from there are in one piece
 * @length: how many there are at all
 * @writable: how many of the linear ones may be written: nobody else sees them
 * @fixed: nothing of it may change: whoever calls the hook has pointers into it. Set after lunatik_packet_open()
 */
struct lunatik_packet {
	struct sk_buff *skb;
	unsigned char *bytes;
	unsigned int linear;
	unsigned int length;
	unsigned int writable;
	LUNATIK_BOOL fixed;
};

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
}

/**
 * What a hook's function of a per-CPU runtime says to a packet: asks @local, which looks for the state of this CPU. Context: any that
 * may take a packet.
 */
static __always_inline unsigned int lunatik_packet_ask_local(lunatik_object_t *object, struct lunatik_packet *packet,
							     unsigned int (*local)(lunatik_object_t *, struct lunatik_packet *))
{
	unsigned int verdict;

	if (in_softirq())
		return local(object, packet);
	/* What a task sends could come to another CPU on its way from here into the script; with bottom halves off it stays. */
	local_bh_disable();
	verdict = local(object, packet);
	local_bh_enable();
	return verdict;
}

/** The same of any runtime: asks @here if it is none. */
static __always_inline unsigned int lunatik_packet_ask(lunatik_object_t *object, struct lunatik_packet *packet, bool percpu,
						       unsigned int (*here)(lunatik_object_t *, struct lunatik_packet *),
						       unsigned int (*local)(lunatik_object_t *, struct lunatik_packet *))
{
	return likely(!percpu) ? here(object, packet) : lunatik_packet_ask_local(object, packet, local);
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
	return known == NF_DROP && !(verdict & 0xff00) && -(int)verdict >> NF_VERDICT_QBITS <= MAX_ERRNO &&
	       -(int)verdict >> NF_VERDICT_QBITS >= 0;
}
#endif

extern const lunatik_class_t lunatik_class_skb;
/** What makes the object that a hook is called with, as a Companion<Skb> of the hook's own. */
extern const struct lunatik_function lunatik_companion_skb;

#ifdef __cplusplus
}
#endif

#endif
