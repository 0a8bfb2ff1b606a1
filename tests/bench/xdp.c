// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The nanoseconds that a program of an eBPF object takes for one packet, by the kernel's own account: xdp OBJECT PROGRAM. It is an
 * error if a packet does not pass. `xdp OBJECT PROGRAM CGROUP COMMAND` runs a command while a program is attached to a cgroup.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

static int run_below(int program, const char *cgroup, const char *command)
{
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY), status;

	if (fd < 0 || bpf_prog_attach(program, fd, BPF_CGROUP_INET_INGRESS, 0)) {
		perror("xdp: cannot attach");
		return 1;
	}
	status = system(command);
	bpf_prog_detach2(program, fd, BPF_CGROUP_INET_INGRESS);
	return status != 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc >= 3 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *program, *wanted = object ? bpf_object__find_program_by_name(object, argv[2]) : NULL;
	unsigned int nanoseconds;
	int fd;

	if (wanted) {
		bpf_object__for_each_program(program, object)
			bpf_program__set_autoload(program, program == wanted);
	}
	if (!wanted || bpf_object__load(object)) {
		perror("xdp: cannot load");
		return 1;
	}
	fd = bpf_program__fd(wanted);
	if (argc == 5)
		return run_below(fd, argv[3], argv[4]);
	if (run(fd, 100, &nanoseconds) || run(fd, PACKETS, &nanoseconds)) {
		fprintf(stderr, "xdp: a packet does not pass\n");
		return 1;
	}
	printf("%u\n", nanoseconds);
	return 0;
}
