// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library "crypto": the kernel's hashes, ciphers and random number generators, by the kernel's names. All but random() need a
 * process runtime; each object's methods run under its lock, so that runtimes may share it.
 */
#include "lunatik.hpp"

#include "../buffer/buffer.hpp"
#include "base/text.hpp"
#include "helpers.h"

namespace lunatik {

namespace {

// What one call makes at most: it cannot be interrupted.
constexpr Integer random_max = 1 << 20;

using Algorithm = Name<LUNATIK_H_ALGORITHM_MAX>;

// The bytes of a string or a buffer.
Result<std::string_view> bytes_of(const Value &value, const Caller &caller) noexcept
{
	if (value.kind == LUNATIK_STRING)
		return std::string_view(value.bytes.data, value.bytes.size);
	// SAFETY: the class says what the object's storage is.
	if (value.kind == LUNATIK_OBJECT && value.object->class_ == &lunatik_class_buffer)
		return static_cast<Buffered *>(value.object->private_)->view();
	return caller.fail("string or buffer expected");
}

// The name as the kernel wants it. Errors: ENOENT for one that no algorithm can have.
Result<void> take_name(Algorithm &to, std::string_view name) noexcept
{
	if (name.empty() || !Algorithm::fits(name) || name.find('\0') != name.npos)
		return Error(ENOENT);
	to.assign(name);
	return {};
}

/// Makes a transform of the kernel's, and says what it costs.
using Allocate = void *(*)(const char *, int *, unsigned long *);
using Free = void (*)(void *);

/// A transform, freed with this, and charged to the runtime that made it. What it costs the kernel only knows when it is there.
class Transform final {
public:
	static Result<Transform> make(lunatik_object_t &runtime, Allocate allocate, Free free, std::string_view name) noexcept
	{
		Algorithm algorithm;
		TRY(take_name(algorithm, name));
		int error = 0;
		unsigned long cost = 0;
		void *tfm = allocate(algorithm.c_str(), &error, &cost);
		if (!tfm)
			return Error(error);
		auto charge = Charge::take(runtime, cost);
		if (!charge) {
			free(tfm);
			return charge.error();
		}
		return Transform(tfm, free, std::move(*charge));
	}
	Transform(Transform &&other) noexcept
		: tfm_(std::exchange(other.tfm_, nullptr)), free_(other.free_), charge_(std::move(other.charge_))
	{
	}
	Transform &operator=(Transform &&) = delete;
	~Transform()
	{
		if (tfm_)
			free_(tfm_);
	}
	[[nodiscard]] void *tfm() const noexcept { return tfm_; }

private:
	Transform(void *tfm, Free free, Charge charge) noexcept : tfm_(tfm), free_(free), charge_(std::move(charge)) {}

	void *tfm_;
	const Free free_;
	Charge charge_;
};

// setkey() and the like take sizes of 32 bits.
bool fits(std::string_view text) noexcept
{
	return text.size() <= 0xffffffffu;
}

/* ---- hashes ---- */

class Shash final {
public:
	static const lunatik_class_t info;

	Shash(Transform made, void *desc, std::string_view name) noexcept
		: made_(std::move(made)), shash_(made_.tfm()), desc_(desc), name_(name)
	{
	}
	~Shash() { lunatik_h_shash_desc_free(desc_); }
	Shash(const Shash &) = delete;
	Shash &operator=(const Shash &) = delete;

	Transform made_;
	void *const shash_;
	void *const desc_;
	const Algorithm name_;
	bool running_ = false;	// between init() and final()
};

// Largest digest and largest exported state there is: HASH_MAX_DIGESTSIZE and HASH_MAX_STATESIZE of the kernel are below.
constexpr unsigned digest_max = 64, state_max = 4096;

Result<void> make_shash(New<Shash> slot, Caller &caller, std::string_view name) noexcept
{
	auto made = TRY(Transform::make(caller.runtime(), lunatik_h_shash_alloc, lunatik_h_shash_free, name));
	void *desc = lunatik_h_shash_digestsize(made.tfm()) <= digest_max ? lunatik_h_shash_desc(made.tfm()) : nullptr;
	if (!desc)
		return Error(ENOMEM);
	slot.emplace(std::move(made), desc, name);
	return {};
}

// digestsize() -> bytes.
Result<unsigned> shash_digestsize(Shash &self) noexcept
{
	return lunatik_h_shash_digestsize(self.shash_);
}

// blocksize() -> bytes.
Result<unsigned> shash_blocksize(Shash &self) noexcept
{
	return lunatik_h_shash_blocksize(self.shash_);
}

// algname() -> the name it was asked for by.
Result<std::string_view> shash_name(Shash &self) noexcept
{
	return self.name_.view();
}

// setkey(key). Errors: ENOSYS (no keyed hash), EINVAL.
Result<void> shash_setkey(Shash &self, std::string_view key) noexcept
{
	self.running_ = false;
	return fits(key) ? Result<void>::from(lunatik_h_shash_setkey(self.shash_, key.data(), static_cast<unsigned>(key.size())))
			 : Result<void>(Error(EINVAL));
}

// init(): begins a hash. Errors: ENOKEY.
Result<void> shash_init(Shash &self) noexcept
{
	auto result = Result<void>::from(lunatik_h_shash_init(self.desc_));
	self.running_ = bool(result);
	return result;
}

Result<void> need_running(const Shash &self, const Caller &caller) noexcept
{
	if (!self.running_)
		return caller.fail("init() comes first");
	return {};
}

// update(data): more of it.
Result<void> shash_update(Shash &self, Caller &caller, Value data) noexcept
{
	TRY(need_running(self, caller));
	auto bytes = TRY(bytes_of(data, caller));
	return Result<void>::from(lunatik_h_shash_update(self.desc_, bytes.data(), bytes.size()));
}

Result<Bytes> take_digest(Shash &self, const Caller &caller) noexcept
{
	auto digest = TRY(Bytes::allocate(caller.runtime(), lunatik_h_shash_digestsize(self.shash_)));
	self.running_ = false;
	TRY(Result<void>::from(lunatik_h_shash_final(self.desc_, digest.data())));
	return digest;
}

// final() -> digest.
Result<Bytes> shash_final(Shash &self, Caller &caller) noexcept
{
	TRY(need_running(self, caller));
	return take_digest(self, caller);
}

// finup(data) -> digest.
Result<Bytes> shash_finup(Shash &self, Caller &caller, Value data) noexcept
{
	TRY(shash_update(self, caller, data));
	return take_digest(self, caller);
}

// digest(data) -> digest: all at once.
Result<Bytes> shash_digest(Shash &self, Caller &caller, Value data) noexcept
{
	auto bytes = TRY(bytes_of(data, caller));
	TRY(shash_init(self));
	TRY(Result<void>::from(lunatik_h_shash_update(self.desc_, bytes.data(), bytes.size())));
	return take_digest(self, caller);
}

// export() -> what import() of an object of the same algorithm goes on from. Algorithms trust what they import: it is sealed.
Result<Bytes> shash_export(Shash &self, Caller &caller) noexcept
{
	TRY(need_running(self, caller));
	unsigned size = lunatik_h_shash_statesize(self.shash_);
	if (!size || size > state_max)
		return Error(EOPNOTSUPP);
	auto state = TRY(Bytes::allocate(caller.runtime(), size + sizeof(unsigned long long)));
	TRY(Result<void>::from(lunatik_h_shash_export(self.desc_, state.data())));
	unsigned long long seal = lunatik_h_seal(state.data(), size, self.name_.c_str());
	__builtin_memcpy(state.data() + size, &seal, sizeof(seal));
	return state;
}

// import(state). Errors: EINVAL for what is none of this algorithm's.
Result<void> shash_import(Shash &self, std::string_view state) noexcept
{
	unsigned size = lunatik_h_shash_statesize(self.shash_);
	unsigned long long seal = 0;
	if (state.size() != size + sizeof(seal))
		return Error(EINVAL);
	__builtin_memcpy(&seal, state.data() + size, sizeof(seal));
	if (seal != lunatik_h_seal(state.data(), size, self.name_.c_str()))
		return Error(EINVAL);
	// A keyed hash without its key refuses to begin, and so to go on.
	TRY(shash_init(self));
	auto result = Result<void>::from(lunatik_h_shash_import(self.desc_, state.data()));
	self.running_ = bool(result);
	return result;
}

/* ---- ciphers ---- */

class Skcipher final {
public:
	static const lunatik_class_t info;

	Skcipher(Transform made, std::string_view name) noexcept : made_(std::move(made)), cipher_(made_.tfm()), name_(name) {}
	~Skcipher() = default;
	Skcipher(const Skcipher &) = delete;
	Skcipher &operator=(const Skcipher &) = delete;

	Transform made_;
	void *const cipher_;
	const Algorithm name_;
};

Result<void> make_skcipher(New<Skcipher> slot, Caller &caller, std::string_view name) noexcept
{
	slot.emplace(TRY(Transform::make(caller.runtime(), lunatik_h_skcipher_alloc, lunatik_h_skcipher_free, name)), name);
	return {};
}

// setkey(key). Errors: EINVAL.
Result<void> skcipher_setkey(Skcipher &self, std::string_view key) noexcept
{
	if (!fits(key))
		return Error(EINVAL);
	return Result<void>::from(lunatik_h_skcipher_setkey(self.cipher_, key.data(), static_cast<unsigned>(key.size())));
}

// ivsize(), blocksize() -> bytes.
Result<unsigned> skcipher_ivsize(Skcipher &self) noexcept
{
	return lunatik_h_skcipher_ivsize(self.cipher_);
}

Result<unsigned> skcipher_blocksize(Skcipher &self) noexcept
{
	return lunatik_h_skcipher_blocksize(self.cipher_);
}

Result<std::string_view> skcipher_name(Skcipher &self) noexcept
{
	return self.name_.view();
}

Result<Bytes> skcipher_crypt(Skcipher &self, const Caller &caller, std::string_view iv, const Value &data, bool encrypt) noexcept
{
	auto bytes = TRY(bytes_of(data, caller));
	if (iv.size() != lunatik_h_skcipher_ivsize(self.cipher_))
		return caller.fail("the iv has not ivsize() bytes");
	if (!fits(bytes))
		return Error(ENOMEM);
	auto result = TRY(Bytes::allocate(caller.runtime(), bytes.size()));
	// SAFETY: it is copied before it is changed.
	TRY(Result<void>::from(lunatik_h_skcipher_crypt(self.cipher_, encrypt, const_cast<char *>(iv.data()), bytes.data(), result.data(),
						       bytes.size())));
	return result;
}

// encrypt(iv, data) -> bytes, decrypt(iv, data) -> bytes: as many as data has. Errors: ENOKEY, EINVAL (no whole blocks), ENOMEM.
Result<Bytes> skcipher_encrypt(Skcipher &self, Caller &caller, std::string_view iv, Value data) noexcept
{
	return skcipher_crypt(self, caller, iv, data, true);
}

Result<Bytes> skcipher_decrypt(Skcipher &self, Caller &caller, std::string_view iv, Value data) noexcept
{
	return skcipher_crypt(self, caller, iv, data, false);
}

class Aead final {
public:
	static const lunatik_class_t info;

	Aead(Transform made, std::string_view name) noexcept : made_(std::move(made)), cipher_(made_.tfm()), name_(name) {}
	~Aead() = default;
	Aead(const Aead &) = delete;
	Aead &operator=(const Aead &) = delete;

	Transform made_;
	void *const cipher_;
	const Algorithm name_;
};

Result<void> make_aead(New<Aead> slot, Caller &caller, std::string_view name) noexcept
{
	slot.emplace(TRY(Transform::make(caller.runtime(), lunatik_h_aead_alloc, lunatik_h_aead_free, name)), name);
	return {};
}

Result<void> aead_setkey(Aead &self, std::string_view key) noexcept
{
	if (!fits(key))
		return Error(EINVAL);
	return Result<void>::from(lunatik_h_aead_setkey(self.cipher_, key.data(), static_cast<unsigned>(key.size())));
}

// setauthsize(n): bytes of the tag. Errors: EINVAL.
Result<void> aead_setauthsize(Aead &self, unsigned size) noexcept
{
	return Result<void>::from(lunatik_h_aead_setauthsize(self.cipher_, size));
}

Result<unsigned> aead_ivsize(Aead &self) noexcept
{
	return lunatik_h_aead_ivsize(self.cipher_);
}

Result<unsigned> aead_authsize(Aead &self) noexcept
{
	return lunatik_h_aead_authsize(self.cipher_);
}

Result<std::string_view> aead_name(Aead &self) noexcept
{
	return self.name_.view();
}

Result<Bytes> aead_crypt(Aead &self, const Caller &caller, std::string_view iv, const Value &data, std::optional<std::string_view> aad,
			 bool encrypt) noexcept
{
	auto bytes = TRY(bytes_of(data, caller));
	auto extra = aad.value_or(std::string_view());
	std::size_t tag = lunatik_h_aead_authsize(self.cipher_);
	if (iv.size() != lunatik_h_aead_ivsize(self.cipher_))
		return caller.fail("the iv has not ivsize() bytes");
	if (!encrypt && bytes.size() < tag)
		return Error(EBADMSG);
	if (!fits(bytes) || !fits(extra))
		return Error(ENOMEM);
	auto result = TRY(Bytes::allocate(caller.runtime(), encrypt ? bytes.size() + tag : bytes.size() - tag));
	TRY(Result<void>::from(lunatik_h_aead_crypt(self.cipher_, encrypt, iv.data(), bytes.data(), result.data(), bytes.size(),
						   extra.data(), extra.size())));
	return result;
}

// encrypt(iv, data [, aad]) -> bytes with the tag behind them.
Result<Bytes> aead_encrypt(Aead &self, Caller &caller, std::string_view iv, Value data, std::optional<std::string_view> aad) noexcept
{
	return aead_crypt(self, caller, iv, data, aad, true);
}

// decrypt(iv, data [, aad]) -> bytes. Errors: EBADMSG if any of the three is not what it was.
Result<Bytes> aead_decrypt(Aead &self, Caller &caller, std::string_view iv, Value data, std::optional<std::string_view> aad) noexcept
{
	return aead_crypt(self, caller, iv, data, aad, false);
}

/* ---- random numbers ---- */

class Rng final {
public:
	static const lunatik_class_t info;

	Rng(Transform made, std::string_view name) noexcept : made_(std::move(made)), rng_(made_.tfm()), name_(name) {}
	~Rng() = default;
	Rng(const Rng &) = delete;
	Rng &operator=(const Rng &) = delete;

	Transform made_;
	void *const rng_;
	const Algorithm name_;
};

// rng([algorithm = "stdrng"]): seeded by the kernel. Errors: ENOENT.
Result<void> make_rng(New<Rng> slot, Caller &caller, std::optional<std::string_view> algorithm) noexcept
{
	auto name = algorithm.value_or("stdrng");
	auto made = TRY(Transform::make(caller.runtime(), lunatik_h_rng_alloc, lunatik_h_rng_free, name));
	TRY(Result<void>::from(lunatik_h_rng_reset(made.tfm(), nullptr, lunatik_h_rng_seedsize(made.tfm()))));
	slot.emplace(std::move(made), name);
	return {};
}

using Amount = Within<0, random_max>;

Result<Bytes> make_random(Rng &self, const Caller &caller, Integer size, std::string_view seed) noexcept
{
	if (!fits(seed))
		return Error(EINVAL);
	auto bytes = TRY(Bytes::allocate(caller.runtime(), static_cast<std::size_t>(size)));
	// What a generator leaves alone shows nothing.
	__builtin_memset(bytes.data(), 0, bytes.size());
	if (size)
		TRY(Result<void>::from(lunatik_h_rng_generate(self.rng_, seed.data(), static_cast<unsigned>(seed.size()), bytes.data(),
							     static_cast<unsigned>(size))));
	return bytes;
}

// generate(n [, seed]) -> bytes; the seed goes into the state first.
Result<Bytes> rng_generate(Rng &self, Caller &caller, Amount size, std::optional<std::string_view> seed) noexcept
{
	return make_random(self, caller, size, seed.value_or(std::string_view()));
}

// getbytes(n) -> bytes.
Result<Bytes> rng_getbytes(Rng &self, Caller &caller, Amount size) noexcept
{
	return make_random(self, caller, size, {});
}

// reset([seed]): begins anew, with a seed of the kernel's if none is given. Errors: EINVAL (its size).
Result<void> rng_reset(Rng &self, std::optional<std::string_view> seed) noexcept
{
	if (!seed)
		return Result<void>::from(lunatik_h_rng_reset(self.rng_, nullptr, lunatik_h_rng_seedsize(self.rng_)));
	if (!fits(*seed) || seed->size() < lunatik_h_rng_seedsize(self.rng_))
		return Error(EINVAL);
	return Result<void>::from(lunatik_h_rng_reset(self.rng_, seed->data(), static_cast<unsigned>(seed->size())));
}

using Information = Record<Field<"driver", std::string_view>, Field<"seedsize", unsigned>>;

// info() -> { driver =, seedsize = }.
Result<Information> rng_info(Rng &self) noexcept
{
	return Information({ lunatik_h_rng_driver(self.rng_) }, { lunatik_h_rng_seedsize(self.rng_) });
}

Result<std::string_view> rng_name(Rng &self) noexcept
{
	return self.name_.view();
}

/* ---- functions ---- */

constexpr unsigned sha1_size = 20;

// sha1(data) -> buffer of 20 bytes.
Result<void> sha1(New<Buffered> slot, Caller &caller, Value data) noexcept
{
	auto bytes = TRY(bytes_of(data, caller));
	auto digest = TRY(Bytes::allocate(caller.runtime(), sha1_size));
	auto made = TRY(Transform::make(caller.runtime(), lunatik_h_shash_alloc, lunatik_h_shash_free, "sha1"));
	void *desc = lunatik_h_shash_desc(made.tfm());
	int error = desc ? lunatik_h_shash_init(desc) : -ENOMEM;
	if (!error)
		error = lunatik_h_shash_update(desc, bytes.data(), bytes.size());
	if (!error)
		error = lunatik_h_shash_final(desc, digest.data());
	lunatik_h_shash_desc_free(desc);
	if (error)
		return Error(error);
	slot.emplace(std::move(digest));
	return {};
}

// random(n) -> buffer. Source: get_random_bytes(). Context: any.
Result<void> random(New<Buffered> slot, Caller &caller, Amount size) noexcept
{
	auto bytes = TRY(Bytes::allocate(caller.runtime(), static_cast<std::size_t>(size.value)));
	lunatik_h_get_random_bytes(bytes.data(), bytes.size());
	slot.emplace(std::move(bytes));
	return {};
}

constexpr unsigned sleeps = LUNATIK_FUNCTION_SLEEPS;

using ShashMethods = Functions<Method<"digestsize", shash_digestsize>, Method<"blocksize", shash_blocksize>, Method<"algname", shash_name>,
			       Method<"setkey", shash_setkey, sleeps>, Method<"digest", shash_digest, sleeps>,
			       Method<"init", shash_init, sleeps>, Method<"update", shash_update, sleeps>,
			       Method<"final", shash_final, sleeps>, Method<"finup", shash_finup, sleeps>,
			       Method<"export", shash_export, sleeps>, Method<"import", shash_import, sleeps>>;
using SkcipherMethods = Functions<Method<"setkey", skcipher_setkey, sleeps>, Method<"ivsize", skcipher_ivsize>,
				  Method<"blocksize", skcipher_blocksize>, Method<"encrypt", skcipher_encrypt, sleeps>,
				  Method<"decrypt", skcipher_decrypt, sleeps>, Method<"algname", skcipher_name>>;
using AeadMethods = Functions<Method<"setkey", aead_setkey, sleeps>, Method<"setauthsize", aead_setauthsize, sleeps>,
			      Method<"ivsize", aead_ivsize>, Method<"authsize", aead_authsize>, Method<"encrypt", aead_encrypt, sleeps>,
			      Method<"decrypt", aead_decrypt, sleeps>, Method<"algname", aead_name>>;
using RngMethods = Functions<Method<"generate", rng_generate, sleeps>, Method<"getbytes", rng_getbytes, sleeps>,
			     Method<"reset", rng_reset, sleeps>, Method<"info", rng_info>, Method<"algname", rng_name>>;

using Library = Functions<Constructor<"sha1", sha1, sleeps>, Constructor<"random", random>, Constructor<"shash", make_shash, sleeps>,
			  Constructor<"skcipher", make_skcipher, sleeps>, Constructor<"aead", make_aead, sleeps>,
			  Constructor<"rng", make_rng, sleeps>>;

} // namespace

constinit const lunatik_class_t Shash::info = define_class<Shash, ShashMethods>("shash", LUNATIK_OPT_MONITOR);
constinit const lunatik_class_t Skcipher::info = define_class<Skcipher, SkcipherMethods>("skcipher", LUNATIK_OPT_MONITOR);
constinit const lunatik_class_t Aead::info = define_class<Aead, AeadMethods>("aead", LUNATIK_OPT_MONITOR);
constinit const lunatik_class_t Rng::info = define_class<Rng, RngMethods>("rng", LUNATIK_OPT_MONITOR);

namespace {
// Its methods are reached through the objects only.
using All = Classes<Shash, Skcipher, Aead, Rng, Buffered>;
} // namespace

LUNATIK_LIBRARY(crypto, Library, All::list)

} // namespace lunatik
