// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* io FILE read|write BYTES: the nanoseconds of one call, of 2000. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALLS 2000

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static long calls(int fd, int writes, size_t size, int count)
{
	static char buffer[65536];
	long begin = now();

	for (int i = 0; i < count; i++) {
		ssize_t done = writes ? pwrite(fd, buffer, size, 0) : pread(fd, buffer, size, 0);

		if (done != (ssize_t)size) {
			perror("io");
			exit(1);
		}
	}
	return now() - begin;
}

int main(int argc, char **argv)
{
	int writes, fd;
	size_t size;

	if (argc != 4)
		return 2;
	writes = !strcmp(argv[2], "write");
	size = strtoul(argv[3], NULL, 10);
	fd = open(argv[1], writes ? O_WRONLY : O_RDONLY);
	if (fd < 0 || size > 65536) {
		perror(argv[1]);
		return 1;
	}
	calls(fd, writes, size, 100);
	printf("%ld\n", calls(fd, writes, size, CALLS) / CALLS);
	return 0;
}
