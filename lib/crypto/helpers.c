// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/rng.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "lunatik/module.h"
#include "helpers.h"

/* Bytes hashed before others get a chance. */
#define PIECE (64U << 10)

static void *checked(void *tfm, int *error)
{
	*error = IS_ERR(tfm) ? PTR_ERR(tfm) : 0;
	return *error ? NULL : tfm;
}

/* Tables that ciphers and keyed hashes make of a key are at most as large as this (gf128mul, Blowfish), but for those of lrw. */
#define TABLES 4096U
#define LRW_TABLES (64U << 10)

/*
 * What a transform costs, about. Its own context is known. Those of the algorithms inside it, which nothing says from outside, are
 * counted by their names in the driver's: "gcm_base(ctr(aes-generic),ghash-generic)" has three.
 */
static unsigned long cost_of(const struct crypto_tfm *tfm, unsigned long own, int keyed)
{
	const char *name = tfm->__crt_alg->cra_driver_name;
	unsigned long cost = own + tfm->__crt_alg->cra_ctxsize + (keyed ? TABLES : 0) + (strstr(name, "lrw(") ? LRW_TABLES : 0);

	while (*name) {
		if (*name == '(' || *name == ',')
			cost += TABLES;
		name++;
	}
	return cost;
}

/* ---- hashes ---- */

void *lunatik_h_shash_alloc(const char *name, int *error, unsigned long *cost)
{
	struct crypto_shash *shash = checked(crypto_alloc_shash(name, 0, 0), error);

	if (shash)
		*cost = cost_of(crypto_shash_tfm(shash), sizeof(*shash) + sizeof(struct shash_desc) + crypto_shash_descsize(shash),
				crypto_shash_get_flags(shash) & CRYPTO_TFM_NEED_KEY);
	return shash;
}

void lunatik_h_shash_free(void *shash)
{
	crypto_free_shash(shash);
}

unsigned int lunatik_h_shash_digestsize(void *shash)
{
	return crypto_shash_digestsize(shash);
}

unsigned int lunatik_h_shash_blocksize(void *shash)
{
	return crypto_shash_blocksize(shash);
}

unsigned int lunatik_h_shash_statesize(void *shash)
{
	return crypto_shash_statesize(shash);
}

int lunatik_h_shash_setkey(void *shash, const void *key, unsigned int size)
{
	return crypto_shash_setkey(shash, key, size);
}

void *lunatik_h_shash_desc(void *shash)
{
	struct shash_desc *desc = kzalloc(sizeof(*desc) + crypto_shash_descsize(shash), GFP_KERNEL);

	if (desc)
		desc->tfm = shash;
	return desc;
}

void lunatik_h_shash_desc_free(void *desc)
{
	kfree_sensitive(desc);
}

int lunatik_h_shash_init(void *desc)
{
	return crypto_shash_init(desc);
}

int lunatik_h_shash_update(void *desc, const void *data, unsigned long size)
{
	while (size) {
		unsigned int piece = min_t(unsigned long, size, PIECE);
		int error = crypto_shash_update(desc, data, piece);

		if (error)
			return error;
		data += piece;
		size -= piece;
		cond_resched();
	}
	return 0;
}

int lunatik_h_shash_final(void *desc, void *digest)
{
	return crypto_shash_final(desc, digest);
}

int lunatik_h_shash_export(void *desc, void *state)
{
	return crypto_shash_export(desc, state);
}

int lunatik_h_shash_import(void *desc, const void *state)
{
	return crypto_shash_import(desc, state);
}

/* ---- ciphers: a scatterlist wants memory of kmalloc(), which the strings of scripts may not be ---- */

void *lunatik_h_skcipher_alloc(const char *name, int *error, unsigned long *cost)
{
	struct crypto_skcipher *cipher = checked(crypto_alloc_skcipher(name, 0, CRYPTO_ALG_ASYNC), error);

	if (cipher)
		*cost = cost_of(crypto_skcipher_tfm(cipher), sizeof(*cipher), 1);
	return cipher;
}

void lunatik_h_skcipher_free(void *cipher)
{
	crypto_free_skcipher(cipher);
}

unsigned int lunatik_h_skcipher_ivsize(void *cipher)
{
	return crypto_skcipher_ivsize(cipher);
}

unsigned int lunatik_h_skcipher_blocksize(void *cipher)
{
	return crypto_skcipher_blocksize(cipher);
}

int lunatik_h_skcipher_setkey(void *cipher, const void *key, unsigned int size)
{
	return crypto_skcipher_setkey(cipher, key, size);
}

int lunatik_h_skcipher_crypt(void *cipher, int encrypt, void *iv, const void *from, void *to, unsigned long size)
{
	struct skcipher_request *request = skcipher_request_alloc(cipher, GFP_KERNEL);
	unsigned int iv_size = crypto_skcipher_ivsize(cipher);
	void *work = size > KMALLOC_MAX_SIZE ? NULL : kmalloc(size + 1, GFP_KERNEL | __GFP_NOWARN);
	void *own_iv = kmemdup(iv, max(iv_size, 1U), GFP_KERNEL);
	struct scatterlist list;
	int error = -ENOMEM;

	if (request && work && own_iv) {
		memcpy(work, from, size);
		sg_init_one(&list, work, size);
		skcipher_request_set_callback(request, 0, NULL, NULL);
		skcipher_request_set_crypt(request, &list, &list, size, own_iv);
		error = encrypt ? crypto_skcipher_encrypt(request) : crypto_skcipher_decrypt(request);
		if (!error)
			memcpy(to, work, size);
	}
	skcipher_request_free(request);
	kfree_sensitive(work);
	kfree(own_iv);
	return error;
}

void *lunatik_h_aead_alloc(const char *name, int *error, unsigned long *cost)
{
	struct crypto_aead *cipher = checked(crypto_alloc_aead(name, 0, CRYPTO_ALG_ASYNC), error);

	if (cipher)
		*cost = cost_of(crypto_aead_tfm(cipher), sizeof(*cipher), 1);
	return cipher;
}

void lunatik_h_aead_free(void *cipher)
{
	crypto_free_aead(cipher);
}

unsigned int lunatik_h_aead_ivsize(void *cipher)
{
	return crypto_aead_ivsize(cipher);
}

unsigned int lunatik_h_aead_authsize(void *cipher)
{
	return crypto_aead_authsize(cipher);
}

int lunatik_h_aead_setkey(void *cipher, const void *key, unsigned int size)
{
	return crypto_aead_setkey(cipher, key, size);
}

int lunatik_h_aead_setauthsize(void *cipher, unsigned int size)
{
	return crypto_aead_setauthsize(cipher, size);
}

int lunatik_h_aead_crypt(void *cipher, int encrypt, const void *iv, const void *from, void *to, unsigned long size, const void *aad,
			 unsigned long aad_size)
{
	struct aead_request *request = aead_request_alloc(cipher, GFP_KERNEL);
	unsigned long tag = crypto_aead_authsize(cipher);
	unsigned long room = aad_size + size + (encrypt ? tag : 0);
	void *work = room > KMALLOC_MAX_SIZE ? NULL : kmalloc(room + 1, GFP_KERNEL | __GFP_NOWARN);
	void *own_iv = kmemdup(iv, max(crypto_aead_ivsize(cipher), 1U), GFP_KERNEL);
	struct scatterlist list;
	int error = -ENOMEM;

	if (request && work && own_iv) {
		memcpy(work, aad, aad_size);
		memcpy(work + aad_size, from, size);
		sg_init_one(&list, work, room);
		aead_request_set_callback(request, 0, NULL, NULL);
		aead_request_set_ad(request, aad_size);
		aead_request_set_crypt(request, &list, &list, size, own_iv);
		error = encrypt ? crypto_aead_encrypt(request) : crypto_aead_decrypt(request);
		if (!error)
			memcpy(to, work + aad_size, encrypt ? size + tag : size - tag);
	}
	aead_request_free(request);
	kfree_sensitive(work);
	kfree(own_iv);
	return error;
}

/* ---- random numbers ---- */

void *lunatik_h_rng_alloc(const char *name, int *error, unsigned long *cost)
{
	struct crypto_rng *rng = checked(crypto_alloc_rng(name, 0, 0), error);

	/* A generator keeps its state, and a hash or a source of entropy, as something like tables. */
	if (rng)
		*cost = cost_of(crypto_rng_tfm(rng), sizeof(*rng), 1);
	return rng;
}

void lunatik_h_rng_free(void *rng)
{
	crypto_free_rng(rng);
}

unsigned int lunatik_h_rng_seedsize(void *rng)
{
	return crypto_rng_seedsize(rng);
}

int lunatik_h_rng_reset(void *rng, const void *seed, unsigned int size)
{
	return crypto_rng_reset(rng, seed, size);
}

int lunatik_h_rng_generate(void *rng, const void *seed, unsigned int seed_size, void *to, unsigned int size)
{
	/* Some generators take milliseconds for 32 bytes and look at nothing meanwhile. */
	while (size) {
		unsigned int piece = min(size, 256u);
		int error = crypto_rng_generate(rng, seed, seed_size, to, piece);

		if (error)
			return error;
		to += piece;
		size -= piece;
		seed_size = 0;
		if (size && signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

const char *lunatik_h_rng_driver(void *rng)
{
	return crypto_tfm_alg_driver_name(crypto_rng_tfm(rng));
}

void lunatik_h_get_random_bytes(void *to, unsigned long size)
{
	get_random_bytes(to, size);
}

/* ---- seals ---- */

static siphash_key_t seal_key;

unsigned long long lunatik_h_seal(const void *data, unsigned long size, const char *name)
{
	u64 parts[2] = { siphash(data, size, &seal_key), siphash(name, strlen(name), &seal_key) };

	return siphash(parts, sizeof(parts), &seal_key);
}

static int start(void)
{
	get_random_bytes(&seal_key, sizeof(seal_key));
	return 0;
}

LUNATIK_MODULE_INIT(crypto, "Lua library: hashes, ciphers and random numbers of the kernel", start, lunatik_no_exit);
