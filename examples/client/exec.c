// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Runs Lua code in the kernel and shows what it returns: what lunatik-ng's system call did, as a program. exec.cpp is the same in C++.
 *
 *	gcc exec.c -o exec $(pkg-config --cflags --libs lunatik-client)
 *	sudo ./exec 'return type({ 123 })'
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lunatik/client.h>

static int show(const struct lunatik_result *result)
{
	fwrite(result->output.data, 1, result->output.size, stdout);
	for (size_t i = 0; i < result->count; i++)
		printf("%s\n", result->values[i].data);
	if (result->status)
		fprintf(stderr, "%s\n", result->message.data);
	return result->status;
}

int main(int argc, char **argv)
{
	struct lunatik_client *client;
	struct lunatik_result *result;
	char name[40];
	int status = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: exec CODE\n");
		return 2;
	}
	snprintf(name, sizeof(name), "example/%d", (int)getpid());
	if (lunatik_client_open(&client, NULL) || lunatik_client_newstate(client, name, 0))
		goto failed;
	if (lunatik_client_exec(client, name, argv[1], strlen(argv[1]), 5000, &result)) {
		fprintf(stderr, "%s\n", lunatik_client_error(client));
	} else {
		status = show(result);
		lunatik_result_free(result);
	}
	if (!lunatik_client_closestate(client, name)) {
		lunatik_client_close(client);
		return status;
	}
failed:
	fprintf(stderr, "%s\n", lunatik_client_error(client));
	lunatik_client_close(client);
	return 1;
}
