// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "vm/charge.hpp"

#include <new>

#include "helpers/helpers.h"

namespace lunatik {

namespace {

/// What stands in front of charged memory.
struct alignas(16) Head {
	Account *account;
	std::size_t size;
};

} // namespace

// `size` bytes charged, of which `taken` are the kernel's already; the others come from `source`.
static void *allocate(Account *account, std::size_t size, std::size_t taken, bool atomic,
		      void *(*source)(lunatik_h_size, int) = lunatik_h_kvmalloc) noexcept
{
	if (size > ~std::size_t{ 0 } - sizeof(Head))
		return nullptr;
	size += sizeof(Head);
	if (account && !account->charge(size))
		return nullptr;
	void *memory = source(size - taken, atomic);
	if (!memory) {
		if (account)
			account->discharge(size);
		return nullptr;
	}
	if (account)
		account->get();
	return ::new (memory) Head{ account, size } + 1;
}

void *allocate_charged(Account *account, std::size_t size, bool atomic) noexcept
{
	return allocate(account, size, 0, atomic);
}

void *allocate_zeroed(Account *account, std::size_t size, bool atomic) noexcept
{
	return allocate(account, size, 0, atomic, lunatik_h_kvzalloc);
}

void *charge_only(Account *account, std::size_t size, bool atomic) noexcept
{
	return allocate(account, size, size, atomic);
}

void free_charged(void *memory) noexcept
{
	if (!memory)
		return;
	// SAFETY: allocate_charged() put this in front.
	auto *head = static_cast<Head *>(memory) - 1;
	Account *account = head->account;
	std::size_t size = head->size;
	lunatik_h_kvfree(head);
	if (!account)
		return;
	account->discharge(size);
	put(*account);
}

Account *make_account(std::size_t cap) noexcept
{
	void *memory = lunatik_h_kmalloc(sizeof(Account), 0);
	return memory ? ::new (memory) Account(cap) : nullptr;
}

void put(Account &account) noexcept
{
	if (account.put())
		lunatik_h_kfree(&account);
}

} // namespace lunatik
