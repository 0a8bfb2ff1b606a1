// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What Lua is measured against: a device, a probe and a hook in C that do what the scripts of tests/bench do, and a generic netlink
 * family that sends back what it is sent.
 */
#include <linux/ip.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/udp.h>
#include <net/genetlink.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#define LARGEST 65536

static char bytes[LARGEST];

static ssize_t reference_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	size = min_t(size_t, size, LARGEST);
	return copy_to_user(buffer, bytes, size) ? -EFAULT : size;
}

/* A device that looks at what it is given has it in memory of its own first. */
static ssize_t reference_write(struct file *file, const char __user *buffer, size_t size, loff_t *offset)
{
	void *copy = memdup_user(buffer, min_t(size_t, size, LARGEST));

	if (IS_ERR(copy))
		return PTR_ERR(copy);
	kfree(copy);
	return size;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = reference_read,
	.write = reference_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench_reference",
	.fops = &operations,
};

static char *probe;
module_param(probe, charp, 0444);
MODULE_PARM_DESC(probe, "function to count the calls of");

static unsigned long hits;

static int hit(struct kprobe *p, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static struct kprobe kprobe = { .pre_handler = hit };

static char *hook;
module_param(hook, charp, 0444);
MODULE_PARM_DESC(hook, "what to do with IPv4 packets: accept or port");

static unsigned int accept_all(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int look_at_port(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct udphdr buffer, *udp;

	if (ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	udp = skb_header_pointer(skb, ip_hdrlen(skb), sizeof(buffer), &buffer);
	return udp && udp->dest == htons(9) ? NF_DROP : NF_ACCEPT;
}

static struct nf_hook_ops hook_ops = { .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_IN, .priority = NF_IP_PRI_FILTER };

static struct genl_family family;

static int echo(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer = genlmsg_new(nlmsg_len(info->nlhdr), GFP_KERNEL);
	void *head = answer ? genlmsg_put_reply(answer, info, &family, 0, 1) : NULL;
	int i;

	if (!head)
		return -ENOMEM;
	for (i = 1; i <= 3; i++) {
		if (info->attrs[i] && nla_put(answer, i, nla_len(info->attrs[i]), nla_data(info->attrs[i]))) {
			nlmsg_free(answer);
			return -EMSGSIZE;
		}
	}
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

static const struct nla_policy policy[] = {
	[1] = { .type = NLA_STRING, .len = 255 },
	[3] = { .type = NLA_BINARY },
};

static const struct genl_ops genl_ops[] = { { .cmd = 1, .flags = GENL_UNS_ADMIN_PERM, .doit = echo } };

static struct genl_family family = {
	.name = "bench_echo",
	.version = 1,
	.maxattr = ARRAY_SIZE(policy) - 1,
	.policy = policy,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = genl_ops,
	.n_ops = ARRAY_SIZE(genl_ops),
	.resv_start_op = 1,
};

static int __init reference_init(void)
{
	int error = misc_register(&device);

	if (error)
		return error;
	error = genl_register_family(&family);
	if (error)
		misc_deregister(&device);
	if (!error && hook) {
		hook_ops.hook = strcmp(hook, "port") ? accept_all : look_at_port;
		error = nf_register_net_hook(&init_net, &hook_ops);
		if (error) {
			genl_unregister_family(&family);
			misc_deregister(&device);
		}
	}
	if (error || !probe)
		return error;
	kprobe.symbol_name = probe;
	error = register_kprobe(&kprobe);
	if (error) {
		genl_unregister_family(&family);
		misc_deregister(&device);
	}
	return error;
}

static void __exit reference_exit(void)
{
	if (hook)
		nf_unregister_net_hook(&init_net, &hook_ops);
	if (probe)
		unregister_kprobe(&kprobe);
	genl_unregister_family(&family);
	misc_deregister(&device);
}

module_init(reference_init);
module_exit(reference_exit);

MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("What Lua is measured against");
