/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_CRYPTO_HELPERS_H
#define LUNATIK_CRYPTO_HELPERS_H

/*
 * The kernel's crypto API. Algorithms are asked for by the kernel's names; only such as work at once are taken, so that nothing is
 * under way when a call returns. All in process context, and all may sleep, except lunatik_h_get_random_bytes(). Errors are negative
 * errnos, those of the algorithm; ENOENT if there is none of that name.
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Names are at most this long, in the kernel too. */
#define LUNATIK_H_ALGORITHM_MAX 127

/* ---- crypto/hash.h ---- */
/** This and the other _alloc() set @cost to the bytes that the transform costs, about. */
void *lunatik_h_shash_alloc(const char *name, int *error, unsigned long *cost);
void lunatik_h_shash_free(void *shash);
unsigned int lunatik_h_shash_digestsize(void *shash);
unsigned int lunatik_h_shash_blocksize(void *shash);
unsigned int lunatik_h_shash_statesize(void *shash);
int lunatik_h_shash_setkey(void *shash, const void *key, unsigned int size);
/** A hash under way: memory of it, NULL without memory. */
void *lunatik_h_shash_desc(void *shash);
void lunatik_h_shash_desc_free(void *desc);
int lunatik_h_shash_init(void *desc);
/** In pieces, with a chance for others in between. */
int lunatik_h_shash_update(void *desc, const void *data, unsigned long size);
int lunatik_h_shash_final(void *desc, void *digest);
int lunatik_h_shash_export(void *desc, void *state);
int lunatik_h_shash_import(void *desc, const void *state);

/* ---- crypto/skcipher.h, crypto/aead.h ---- */
void *lunatik_h_skcipher_alloc(const char *name, int *error, unsigned long *cost);
void lunatik_h_skcipher_free(void *cipher);
unsigned int lunatik_h_skcipher_ivsize(void *cipher);
unsigned int lunatik_h_skcipher_blocksize(void *cipher);
int lunatik_h_skcipher_setkey(void *cipher, const void *key, unsigned int size);
/** From @from to @to, both @size bytes. @iv has ivsize bytes and is changed. */
int lunatik_h_skcipher_crypt(void *cipher, int encrypt, void *iv, const void *from, void *to, unsigned long size);

void *lunatik_h_aead_alloc(const char *name, int *error, unsigned long *cost);
void lunatik_h_aead_free(void *cipher);
unsigned int lunatik_h_aead_ivsize(void *cipher);
unsigned int lunatik_h_aead_authsize(void *cipher);
int lunatik_h_aead_setkey(void *cipher, const void *key, unsigned int size);
int lunatik_h_aead_setauthsize(void *cipher, unsigned int size);
/**
 * Encrypts @size bytes to @size + authsize, or decrypts @size bytes, tag included, to @size - authsize; -EBADMSG if the tag is not
 * right, and nothing is written then.
 */
int lunatik_h_aead_crypt(void *cipher, int encrypt, const void *iv, const void *from, void *to, unsigned long size, const void *aad,
			 unsigned long aad_size);

/* ---- crypto/rng.h, random.h ---- */
void *lunatik_h_rng_alloc(const char *name, int *error, unsigned long *cost);
void lunatik_h_rng_free(void *rng);
unsigned int lunatik_h_rng_seedsize(void *rng);
/** Seeds it; a NULL @seed is one of the kernel's. */
int lunatik_h_rng_reset(void *rng, const void *seed, unsigned int size);
int lunatik_h_rng_generate(void *rng, const void *seed, unsigned int seed_size, void *to, unsigned int size);
const char *lunatik_h_rng_driver(void *rng);
/** Context: any. */
void lunatik_h_get_random_bytes(void *to, unsigned long size);

/** A number that only this kernel, since the module was loaded, makes of these bytes. */
unsigned long long lunatik_h_seal(const void *data, unsigned long size, const char *name);

#ifdef __cplusplus
}
#endif

#endif
