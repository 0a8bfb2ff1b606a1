/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The client library for programs in C: named states in the kernel, code in, results out. lunatik/states.hpp is the same and more
 * for programs in C++.
 *
 *	struct lunatik_client *client;
 *	struct lunatik_result *result;
 *
 *	if (!lunatik_client_open(&client, NULL) && !lunatik_client_exec(client, "mine", "return 6 * 7", 12, 0, &result))
 *		puts(result->values[0].data);
 *
 * Functions return 0 or a negative errno, which lunatik_client_error() has words for. One thread uses a client.
 */
#ifndef LUNATIK_CLIENT_H
#define LUNATIK_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lunatik_client;

/** struct lunatik_text - bytes, with a zero behind them */
struct lunatik_text {
	const char *data;
	size_t size;
};

/**
 * struct lunatik_result - how code ended
 * @status: enum lunatik_status (lunatik/uapi.h): 0 if it did well
 * @code: the positive errno behind the status, or 0
 * @output: what it printed
 * @lost: bytes that it printed beyond what an answer holds
 * @message: what went wrong
 * @traceback: where
 * @count: how many results it returned
 * @values: its results, as tostring() gives them
 */
struct lunatik_result {
	int status;
	int code;
	struct lunatik_text output;
	uint64_t lost;
	struct lunatik_text message;
	struct lunatik_text traceback;
	size_t count;
	const struct lunatik_text *values;
};

/**
 * Opens a socket for the states of one network namespace: a name that `ip netns` knows, a path, or NULL, the caller's own.
 * Errors: ENOMEM without memory for @client, which is NULL then; with all others it is there, and says more: ENOENT if the kernel
 * module is not loaded or there is no such namespace, EPERM.
 */
int lunatik_client_open(struct lunatik_client **client, const char *netns);
/** Closes it; NULL is none. */
void lunatik_client_close(struct lunatik_client *client);
/** What the last error of this client means; "" if there was none. */
const char *lunatik_client_error(const struct lunatik_client *client);

/** Makes a state; @maxalloc is its memory cap in bytes, 0 the module's default. Errors: EEXIST, EINVAL for what is no name, ENOMEM, EPERM. */
int lunatik_client_newstate(struct lunatik_client *client, const char *name, uint64_t maxalloc);
/**
 * Closes a state, ending what runs in it. Errors: ENOENT, EINVAL for a name of none or more than 255 bytes, EBUSY while a kernel module
 * uses it, ETIMEDOUT, EPERM.
 */
int lunatik_client_closestate(struct lunatik_client *client, const char *name);
/**
 * Runs code in a state and waits for its end; a signal that ends the process ends the code, and so does the kernel after @timeout
 * milliseconds, unless that is 0. Code that fails is a result too, which lunatik_result_free() frees. Errors: ENOENT, EINVAL for
 * such a name, EFBIG beyond 16 MiB, EOPNOTSUPP if that is a runtime that may not sleep, ENOMEM, EPERM.
 */
int lunatik_client_exec(struct lunatik_client *client, const char *name, const char *code, size_t size, unsigned int timeout,
			struct lunatik_result **result);
/** Frees a result; NULL is none. */
void lunatik_result_free(struct lunatik_result *result);

#ifdef __cplusplus
}
#endif

#endif
