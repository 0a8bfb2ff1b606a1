/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * List<T>: a doubly linked list through the elements themselves, so that insertion cannot fail. No lock of its own.
 */
#pragma once

namespace lunatik {

/// What an element of a List<T> inherits. Tag tells the lists of one type apart.
template <class T, class Tag = void>
class Linked {
public:
	[[nodiscard]] bool linked() const noexcept { return next_ != nullptr; }

private:
	template <class, class> friend class List;
	Linked *next_ = nullptr;
	Linked *previous_ = nullptr;
};

/// An intrusive list; it does not own its elements.
template <class T, class Tag = void>
class List final {
	using Node = Linked<T, Tag>;

public:
	constexpr List() noexcept = default;
	List(const List &) = delete;
	List &operator=(const List &) = delete;

	[[nodiscard]] bool empty() const noexcept { return !first_; }
	/// The first element, or nullptr.
	// SAFETY: only T's are inserted, and T derives from Node.
	[[nodiscard]] T *first() const noexcept { return static_cast<T *>(first_); }
	/// The last element, or nullptr.
	// SAFETY: as above.
	[[nodiscard]] T *last() const noexcept { return static_cast<T *>(last_); }
	/// The element after `element`, or nullptr.
	[[nodiscard]] T *next(T &element) const noexcept
	{
		Node *node = static_cast<Node &>(element).next_;
		// SAFETY: the sentinel marks the end and is never handed out.
		return node == sentinel() ? nullptr : static_cast<T *>(node);
	}

	void push_back(T &element) noexcept
	{
		Node &node = element;
		node.next_ = sentinel();
		node.previous_ = last_;
		if (last_)
			last_->next_ = &node;
		else
			first_ = &node;
		last_ = &node;
	}

	void push_front(T &element) noexcept
	{
		Node &node = element;
		node.next_ = first_ ? first_ : sentinel();
		node.previous_ = nullptr;
		if (first_)
			first_->previous_ = &node;
		else
			last_ = &node;
		first_ = &node;
	}

	/// Puts `element` behind `before`, which is in this list.
	void insert_after(T &before, T &element) noexcept
	{
		Node &left = before;
		Node &node = element;
		if (&left == last_)
			return push_back(element);
		node.next_ = left.next_;
		node.previous_ = &left;
		left.next_->previous_ = &node;
		left.next_ = &node;
	}

	/// Takes `element` out; it must be in this list.
	void remove(T &element) noexcept
	{
		Node &node = element;
		Node *next = node.next_ == sentinel() ? nullptr : node.next_;
		if (node.previous_)
			node.previous_->next_ = node.next_;
		else
			first_ = next;
		if (next)
			next->previous_ = node.previous_;
		else
			last_ = node.previous_;
		node.next_ = nullptr;
		node.previous_ = nullptr;
	}

	/// Takes out and returns the first element, or nullptr.
	[[nodiscard]] T *pop_front() noexcept
	{
		T *element = first();
		if (element)
			remove(*element);
		return element;
	}

private:
	// The last element points here, so that linked() needs no flag of its own. Never dereferenced.
	// SAFETY: used as an address only.
	Node *sentinel() const noexcept { return reinterpret_cast<Node *>(const_cast<List *>(this)); }

	Node *first_ = nullptr;
	Node *last_ = nullptr;
};

} // namespace lunatik
