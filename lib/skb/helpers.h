/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_SKB_HELPERS_H
#define LUNATIK_SKB_HELPERS_H

#include "lunatik/skb.h"

#ifdef __cplusplus
extern "C" {
#endif

/** skb_copy_bits() from the network header on. Context: any. 0, or -EFAULT beyond the end. */
int lunatik_h_skb_copy_bits(const struct lunatik_packet *packet, unsigned int offset, void *to, unsigned int size);
/**
 * skb_ensure_writable() of the first @end bytes: nobody else sees what is written there. Context: any. 0, -ENOMEM, -EROFS where
 * packets are looked at only, or -EBUSY for a packet that others have too. The bytes may lie elsewhere then.
 */
int lunatik_h_skb_ensure_writable(struct lunatik_packet *packet, unsigned int end);
/** skb_linearize(): all bytes in one piece. Context: any. 0, -ENOMEM, -EROFS, -EBUSY. The bytes may lie elsewhere then. */
int lunatik_h_skb_linearize(struct lunatik_packet *packet);
/** The link layer header; NULL if it has none, or it is not before the network header. */
unsigned char *lunatik_h_skb_mac_header(const struct lunatik_packet *packet);

/** The interface it came in by, or goes out by; 0 if it has none yet. */
int lunatik_h_skb_ifindex(const struct lunatik_packet *packet);
unsigned int lunatik_h_skb_mark(const struct lunatik_packet *packet);
/** 0, or -EROFS. */
int lunatik_h_skb_set_mark(struct lunatik_packet *packet, unsigned int mark);
/** ETH_P_*, in the machine's byte order. */
unsigned int lunatik_h_skb_protocol(const struct lunatik_packet *packet);
/** The VLAN identifier, or -1. */
int lunatik_h_skb_vlan(const struct lunatik_packet *packet);

/**
 * Makes it @size bytes long; new ones are zero. Context: any. 0; -EINVAL, shorter than its headers or longer than a packet may
 * be; -EOPNOTSUPP, it is to be segmented; -ENOMEM; -EROFS; -EBUSY.
 */
int lunatik_h_skb_resize(struct lunatik_packet *packet, unsigned int size);
/**
 * Writes the checksums of IPv4, and of TCP and UDP in IPv4 and IPv6, anew. Context: any. 0; -EINVAL, its headers contradict its
 * length; -EOPNOTSUPP, another protocol; -ENOMEM; -EROFS; -EBUSY.
 */
int lunatik_h_skb_checksum(struct lunatik_packet *packet);

/**
 * skb_copy(): a packet of its own, that refers to no device any more. Context: any. 0 and @copy; -ENOMEM; -EOPNOTSUPP, it is to be
 * segmented by its list of fragments.
 */
int lunatik_h_skb_copy(const struct lunatik_packet *packet, struct sk_buff **copy);
/** What skb_copy() of it takes, in bytes, where it is made @length bytes long. */
unsigned long lunatik_h_skb_truesize(const struct lunatik_packet *packet, unsigned int length);
void lunatik_h_skb_free(struct sk_buff *skb);
void lunatik_h_packet_open(struct lunatik_packet *packet, struct sk_buff *skb);
/**
 * Has a copy of it sent soon, out of the interface @ifindex of @net, or its own if that is 0; with its link layer header.
 * Context: any. 0; -EINVAL, it has no such header; -ENODEV; -ENETDOWN; -ENOBUFS, too many wait; -ENOMEM; -EOPNOTSUPP, as above.
 */
int lunatik_h_skb_forward(const struct lunatik_packet *packet, struct net *net, int ifindex);

#ifdef __cplusplus
}
#endif

#endif
