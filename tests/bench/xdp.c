// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The nanoseconds that a program of an eBPF object takes for one packet, by the kernel's own account: xdp OBJECT PROGRAM. It is an
 * error if a packet does not pass.
 */
#include <stdio.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#define PACKETS 20000

static int run(int program, int count, unsigned int *nanoseconds)
{
	static char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = count);

	if (bpf_prog_test_run_opts(program, &options) || options.retval != XDP_PASS)
		return -1;
	*nanoseconds = options.duration;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 3 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *program = object ? bpf_object__find_program_by_name(object, argv[2]) : NULL;
	unsigned int nanoseconds;

	if (!program || bpf_object__load(object)) {
		perror("xdp: cannot load");
		return 1;
	}
	if (run(bpf_program__fd(program), 100, &nanoseconds) || run(bpf_program__fd(program), PACKETS, &nanoseconds)) {
		fprintf(stderr, "xdp: a packet does not pass\n");
		return 1;
	}
	printf("%u\n", nanoseconds);
	return 0;
}
