// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * genl echo|exec|compile: the mean nanoseconds of a round trip over generic netlink: a message that a module in C sends back, or
 * code run in a named state, `return 1` again and again or another number each time. All send the same attributes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "../../include/lunatik/netlink.h"

#define ROUNDS 2000

static int fd;
static char message[1024], answer[LUNATIK_GENL_ANSWER_MAX];
static char other_code[] = "return 10000";

static struct nlmsghdr *begin(int type, int command, int flags)
{
	struct nlmsghdr *head = (struct nlmsghdr *)message;
	struct genlmsghdr *own = NLMSG_DATA(head);

	memset(message, 0, NLMSG_LENGTH(GENL_HDRLEN));
	head->nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST | flags;
	own->cmd = command;
	own->version = 1;
	return head;
}

static void put(struct nlmsghdr *head, int type, const char *text, int size)
{
	struct nlattr *attribute = (struct nlattr *)(message + NLMSG_ALIGN(head->nlmsg_len));

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + size;
	memcpy((char *)attribute + NLA_HDRLEN, text, size);
	head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + NLA_ALIGN(attribute->nla_len);
}

static int give(struct nlmsghdr *head)
{
	return send(fd, message, head->nlmsg_len, 0) == (ssize_t)head->nlmsg_len ? 0 : -1;
}

static ssize_t take(void)
{
	return recv(fd, answer, sizeof(answer), 0);
}

static int family(const char *name)
{
	struct nlmsghdr *head = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	struct nlattr *attribute;
	ssize_t size, at;

	put(head, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	if (give(head))
		return -1;
	size = take();
	for (at = NLMSG_LENGTH(GENL_HDRLEN); at + NLA_HDRLEN <= size; at += NLA_ALIGN(attribute->nla_len)) {
		attribute = (struct nlattr *)(answer + at);
		if (attribute->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(unsigned short *)((char *)attribute + NLA_HDRLEN);
		if (!attribute->nla_len)
			break;
	}
	return -1;
}

/* Whether the last attribute says that all went well. */
static int ends_well(const struct nlmsghdr *head)
{
	const struct nlattr *last = (const struct nlattr *)((const char *)head + head->nlmsg_len - NLA_HDRLEN - sizeof(unsigned int));

	return last->nla_type == LUNATIK_GENL_A_STATUS && !*(const unsigned int *)(last + 1);
}

/* The next number, from the left: which digits are whose does not matter. */
static void change_code(void)
{
	char *digit = other_code + 8;

	while (*digit == '9')
		*digit++ = '0';
	++*digit;
}

/* One round trip. */
static int round_trip(int id, int exec, const char *code)
{
	struct nlmsghdr *head = begin(id, exec ? LUNATIK_GENL_EXEC : 1, 0);
	unsigned int size;

	put(head, LUNATIK_GENL_A_NAME, "bench", 5);
	put(head, LUNATIK_GENL_A_CODE, code, strlen(code));
	size = head->nlmsg_len;
	if (give(head))
		return -1;
	head = (struct nlmsghdr *)answer;
	if (!exec)
		return take() == size ? 0 : -1;
	return take() > (ssize_t)sizeof(*head) && head->nlmsg_type == id && ends_well(head) ? 0 : -1;
}

int main(int argc, char **argv)
{
	int compile = argc > 1 && !strcmp(argv[1], "compile"), exec = compile || (argc > 1 && !strcmp(argv[1], "exec"));
	struct timespec start, end;
	struct nlmsghdr *head;
	int id, error = 0;

	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	id = family(exec ? LUNATIK_GENL_NAME : "bench_echo");
	if (id < 0)
		return 1;
	if (exec) {
		head = begin(id, LUNATIK_GENL_CREATE, NLM_F_ACK);
		put(head, LUNATIK_GENL_A_NAME, "bench", 5);
		error = give(head) || take() < 0;
	}
	for (int i = 0; !error && i < ROUNDS + 100; i++) {
		if (i == 100)
			clock_gettime(CLOCK_MONOTONIC, &start);
		if (compile)
			change_code();
		error = round_trip(id, exec, compile ? other_code : "return 1");
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (exec && !error) {
		head = begin(id, LUNATIK_GENL_CLOSE, NLM_F_DUMP);
		put(head, LUNATIK_GENL_A_NAME, "bench", 5);
		error = give(head) || take() < 0 || take() < 0;
	}
	if (error) {
		fprintf(stderr, "genl: no answer\n");
		return 1;
	}
	printf("%lld\n", ((end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec) / ROUNDS);
	return 0;
}
