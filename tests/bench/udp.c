// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The nanoseconds of one UDP packet that a program sends itself: what a hook on its way adds is the hook's. `udp` counts those of
 * 3000 packets; `udp SECONDS CPU...` sends on each of the CPUs for so long, and says how many packets that were in all.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PACKETS 3000

static int to_itself(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("udp");
		exit(1);
	}
	return fd;
}

static void exchange(int fd)
{
	char byte = 0;

	if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1) {
		perror("udp");
		exit(1);
	}
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static long packets(int fd, int count)
{
	long begin = now();

	for (int i = 0; i < count; i++)
		exchange(fd);
	return now() - begin;
}

static long send_on(int cpu, long until)
{
	cpu_set_t set;
	int fd = to_itself(7000 + cpu);
	long count = 0;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("udp");
		exit(1);
	}
	for (; now() < until; count++)
		exchange(fd);
	return count;
}

int main(int argc, char **argv)
{
	long *counts, until, all = 0;
	int fd, i;

	if (argc < 3) {
		fd = to_itself(7000);
		packets(fd, 100);
		printf("%ld\n", packets(fd, PACKETS) / PACKETS);
		return 0;
	}
	counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	until = now() + atol(argv[1]) * 1000000000L;
	for (i = 2; i < argc; i++) {
		if (!fork()) {
			counts[i] = send_on(atoi(argv[i]), until);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	for (i = 2; i < argc; i++)
		all += counts[i];
	printf("%ld\n", all);
	return 0;
}
