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
 */
struct lunatik_packet {
	struct sk_buff *skb;
	unsigned char *bytes;
	unsigned int linear;
	unsigned int length;
	unsigned int writable;
};

#ifndef __cplusplus
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
}
#endif

extern const lunatik_class_t lunatik_class_skb;
/** What makes the object that a hook is called with, as a Companion<Skb> of the hook's own. */
extern const struct lunatik_function lunatik_companion_skb;

#ifdef __cplusplus
}
#endif

#endif
