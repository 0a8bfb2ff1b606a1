// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * verification.h, module_signature.h, security.h, key.h: signed scripts. A script is signed as a module is: scripts/sign-file
 * appends a PKCS#7 message, a struct module_signature and a line of text.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/key.h>
#include <linux/key-type.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/module_signature.h>
#include <linux/moduleparam.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/verification.h>
#include <asm/byteorder.h>
#include "helpers.h"

static bool required;
/* Keys of this machine's own, which root may add until scripts must be signed. */
static struct key *keyring;
/* The keys that were in it when that was asked for: nobody writes here. */
static struct key *sealed;

/* The numbers of the keys in @ring, to be freed; how many there are in @count. */
static key_serial_t *serials_of(struct key *ring, long *count)
{
	size_t room = 64 * sizeof(key_serial_t);
	long size;

	for (;;) {
		key_serial_t *serials = kvmalloc(room, GFP_KERNEL);

		if (!serials)
			return ERR_PTR(-ENOMEM);
		down_read(&ring->sem);
		size = ring->type->read(ring, (char *)serials, room);
		up_read(&ring->sem);
		if (size >= 0 && size <= room) {
			*count = size / sizeof(*serials);
			return serials;
		}
		kvfree(serials);
		if (size < 0)
			return ERR_PTR(size);
		room = 2 * size;
	}
}

/*
 * From now on nobody adds a key that counts. What is in the keyring can be more than keys: another keyring takes keys later, and a
 * key that is being made, for which the kernel asks no restriction, gets its bytes later; so what counts is a copy, of whole keys only.
 */
static int seal(void)
{
	struct key *copy;
	key_serial_t *serials;
	long count, i;
	int error = 0;

	if (sealed || !keyring)
		return 0;
	copy = keyring_alloc(".lunatik_sealed", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
			     KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH | KEY_USR_VIEW | KEY_USR_READ, KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	/* This only says so to who adds one; root may have restricted it to something else before. */
	error = keyring_restrict(make_key_ref(keyring, 1), NULL, NULL);
	if (error && error != -EEXIST)
		goto out;
	serials = serials_of(keyring, &count);
	error = PTR_ERR_OR_ZERO(serials);
	if (error)
		goto out;
	for (i = 0; i < count && !error; i++) {
		key_ref_t found = lookup_user_key(serials[i], KEY_LOOKUP_PARTIAL, KEY_DEFER_PERM_CHECK);
		struct key *key;

		/* It has gone meanwhile, or has expired or been revoked. */
		if (IS_ERR(found))
			continue;
		key = key_ref_to_ptr(found);
		if (!strcmp(key->type->name, "asymmetric") && key_read_state(key) == KEY_IS_POSITIVE)
			error = key_link(copy, key);
		key_put(key);
	}
	kvfree(serials);
out:
	if (error)
		key_put(copy);
	else
		smp_store_release(&sealed, copy);
	return error;
}

static int set_required(const char *value, const struct kernel_param *parameter)
{
	bool wanted;
	int error = kstrtobool(value, &wanted);

	if (error)
		return error;
	if (!wanted)
		return READ_ONCE(required) ? -EPERM : 0;
	error = seal();
	if (!error)
		smp_store_release(&required, true);
	return error;
}

static const struct kernel_param_ops required_ops = { .set = set_required, .get = param_get_bool };
module_param_cb(require_signature, &required_ops, &required, 0644);
MODULE_PARM_DESC(require_signature, "1: only signed scripts run; it cannot be taken back");

int lunatik_h_signature_required(void)
{
	/* A script can do what a module can, so where unsigned modules are refused unsigned scripts are. */
	return smp_load_acquire(&required) || security_locked_down(LOCKDOWN_MODULE_SIGNATURE);
}

/* The bytes of a script before what sign-file appends; without that, or where that makes no sense, a negative errno. */
static long text_size(const char *script, size_t size, size_t *signature_size)
{
	static const size_t mark_size = sizeof(MODULE_SIG_STRING) - 1;

	BUILD_BUG_ON(sizeof(MODULE_SIG_STRING) - 1 != lunatik_h_signature_mark);
	struct module_signature trailer;
	size_t left = size;

	if (left < mark_size || memcmp(script + left - mark_size, MODULE_SIG_STRING, mark_size))
		return -ENODATA;
	left -= mark_size;
	if (left < sizeof(trailer))
		return -EBADMSG;
	left -= sizeof(trailer);
	memcpy(&trailer, script + left, sizeof(trailer));
	*signature_size = be32_to_cpu(trailer.sig_len);
	if (*signature_size > left || trailer.id_type != PKEY_ID_PKCS7 || trailer.algo || trailer.hash || trailer.signer_len ||
	    trailer.key_id_len || trailer.__pad[0] || trailer.__pad[1] || trailer.__pad[2])
		return -EBADMSG;
	return left - *signature_size;
}

long lunatik_h_signed_text(const char *script, size_t size)
{
	size_t signature_size;

	return text_size(script, size, &signature_size);
}

#ifdef CONFIG_SYSTEM_DATA_VERIFICATION
static int verify(const char *script, size_t text, size_t signature_size, struct key *keys)
{
	return verify_pkcs7_signature(script, text, script + text, signature_size, keys, VERIFYING_MODULE_SIGNATURE, NULL, NULL);
}
#else
#define VERIFY_USE_SECONDARY_KEYRING NULL
#define VERIFY_USE_PLATFORM_KEYRING NULL

static int verify(const char *script, size_t text, size_t signature_size, struct key *keys)
{
	return -ENOPKG;
}
#endif

static int verify_ours(const char *script, size_t text, size_t signature_size)
{
	struct key *before = smp_load_acquire(&sealed);
	int error = before ? verify(script, text, signature_size, before) : 0;

	/* Root adds no key any more, but may take one out. */
	return error ? error : verify(script, text, signature_size, keyring);
}

long lunatik_h_verify(const char *script, size_t size)
{
	size_t signature_size;
	long text = text_size(script, size, &signature_size);
	int error;

	if (text < 0)
		return text;
	/* The keys that may sign modules; then those that may sign kernels: who boots a kernel of his own may do anything. */
	error = verify(script, text, signature_size, VERIFY_USE_SECONDARY_KEYRING);
	if (error == -ENOKEY)
		error = verify(script, text, signature_size, VERIFY_USE_PLATFORM_KEYRING);
	/* Root's own keys are no reason for a kernel that does not trust root. */
	if (error == -ENOKEY && !security_locked_down(LOCKDOWN_MODULE_SIGNATURE))
		error = verify_ours(script, text, signature_size);
	return error ? error : text;
}

int lunatik_h_signature_init(void)
{
	int error;

	keyring = keyring_alloc(".lunatik", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
				(KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW | KEY_USR_READ | KEY_USR_WRITE | KEY_USR_SEARCH |
					KEY_USR_SETATTR,
				KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	if (IS_ERR(keyring)) {
		error = PTR_ERR(keyring);
		keyring = NULL;
		return error;
	}
	/* The parameter can be set meanwhile. */
	kernel_param_lock(THIS_MODULE);
	error = required ? seal() : 0;
	kernel_param_unlock(THIS_MODULE);
	if (error)
		lunatik_h_signature_exit();
	return error;
}

void lunatik_h_signature_exit(void)
{
	/* Somebody may keep the keyring; nobody asks it any more. */
	key_revoke(keyring);
	key_put(keyring);
	keyring = NULL;
	if (sealed) {
		key_revoke(sealed);
		key_put(sealed);
		sealed = NULL;
	}
}
