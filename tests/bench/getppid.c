// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The nanoseconds of one getppid(2), of 5000: what a probe on it adds is the probe's. */
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 5000

static long calls(int count)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < count; i++)
		syscall(SYS_getppid);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - begin.tv_sec) * 1000000000L + end.tv_nsec - begin.tv_nsec;
}

int main(void)
{
	calls(100);
	printf("%ld\n", calls(CALLS) / CALLS);
	return 0;
}
