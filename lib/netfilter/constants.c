// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* netfilter.h and its relatives: the kernel's own numbers. */
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter/x_tables.h>
#include "helpers.h"

#define END { NULL, 0 }

#define FAMILY(name) { #name, NFPROTO_##name }
const struct lunatik_constant lunatik_netfilter_family[] = {
	FAMILY(UNSPEC), FAMILY(INET), FAMILY(IPV4), FAMILY(IPV6), FAMILY(ARP), FAMILY(NETDEV), FAMILY(BRIDGE), END,
};

/* The last two are for xtables: their numbers are negative. */
#define ACTION(name) { #name, NF_##name }
const struct lunatik_constant lunatik_netfilter_action[] = {
	ACTION(DROP), ACTION(ACCEPT), ACTION(STOLEN), ACTION(QUEUE), ACTION(REPEAT), ACTION(STOP),
	{ "CONTINUE", XT_CONTINUE }, { "RETURN", XT_RETURN }, END,
};

#define INET(name) { #name, NF_INET_##name }
const struct lunatik_constant lunatik_netfilter_inet_hooks[] = {
	INET(PRE_ROUTING), INET(LOCAL_IN), INET(FORWARD), INET(LOCAL_OUT), INET(POST_ROUTING), INET(INGRESS), END,
};

#define BRIDGE(name) { #name, NF_BR_##name }
const struct lunatik_constant lunatik_netfilter_bridge_hooks[] = {
	BRIDGE(PRE_ROUTING), BRIDGE(LOCAL_IN), BRIDGE(FORWARD), BRIDGE(LOCAL_OUT), BRIDGE(POST_ROUTING), END,
};

#define ARP(name) { #name, NF_ARP_##name }
const struct lunatik_constant lunatik_netfilter_arp_hooks[] = { ARP(IN), ARP(OUT), ARP(FORWARD), END };

#define DEVICE(name) { #name, NF_NETDEV_##name }
const struct lunatik_constant lunatik_netfilter_netdev_hooks[] = { DEVICE(INGRESS), DEVICE(EGRESS), END };

#define IP(name) { #name, NF_IP_PRI_##name }
const struct lunatik_constant lunatik_netfilter_ip_priority[] = {
	IP(FIRST), IP(RAW_BEFORE_DEFRAG), IP(CONNTRACK_DEFRAG), IP(RAW), IP(SELINUX_FIRST), IP(CONNTRACK), IP(MANGLE), IP(NAT_DST),
	IP(FILTER), IP(SECURITY), IP(NAT_SRC), IP(SELINUX_LAST), IP(CONNTRACK_HELPER), IP(CONNTRACK_CONFIRM), IP(LAST), END,
};

#define PRIORITY(name) { #name, NF_BR_PRI_##name }
const struct lunatik_constant lunatik_netfilter_bridge_priority[] = {
	PRIORITY(FIRST), PRIORITY(NAT_DST_BRIDGED), PRIORITY(FILTER_BRIDGED), PRIORITY(BRNF), PRIORITY(NAT_DST_OTHER),
	PRIORITY(FILTER_OTHER), PRIORITY(NAT_SRC), PRIORITY(LAST), END,
};
