// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * echo serve PORT: an echo server of one thread with epoll, until it is killed. It says "ready" when it listens.
 * echo trips|connections PORT: the mean nanoseconds of a round trip of 64 bytes; or of a connection, a round trip in it, and its end.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64

static struct sockaddr_in address = { .sin_family = AF_INET };

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(int poll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
		fail("epoll_ctl");
}

static void serve(void)
{
	static char buffer[4096];
	int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), on = 1;
	struct epoll_event events[16];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 128))
		fail("listen");
	watch(poll, listener);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(poll, events, 16, -1);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			ssize_t size;

			if (fd == listener) {
				fd = accept(listener, NULL, NULL);
				if (fd < 0)
					fail("accept");
				watch(poll, fd);
				continue;
			}
			size = recv(fd, buffer, sizeof(buffer), 0);
			if (size <= 0 || send(fd, buffer, size, 0) != size)
				close(fd);
		}
	}
}

static int connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void trip(int fd)
{
	char message[SIZE] = "echo", answer[SIZE];

	if (send(fd, message, SIZE, 0) != SIZE || recv(fd, answer, SIZE, MSG_WAITALL) != SIZE || memcmp(message, answer, SIZE))
		fail("echo");
}

static long trips(int count)
{
	int fd = connection();
	long start;

	for (int i = 0; i < 100; i++)
		trip(fd);
	start = now();
	for (int i = 0; i < count; i++)
		trip(fd);
	return (now() - start) / count;
}

static long connections(int count)
{
	long start = 0;

	for (int i = -20; i < count; i++) {
		int fd;

		if (!i)
			start = now();
		fd = connection();
		trip(fd);
		close(fd);
	}
	return (now() - start) / count;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	address.sin_port = htons(atoi(argv[2]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(argv[1], "serve"))
		serve();
	printf("%ld\n", !strcmp(argv[1], "trips") ? trips(2000) : connections(300));
	return 0;
}
