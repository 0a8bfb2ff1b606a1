// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "script.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <lunatik/client.hpp>

namespace lunatik::cli {

namespace {

constexpr std::string_view suffix = ".lua";

bool is_path(std::string_view typed)
{
	return typed.starts_with('/') || typed.starts_with("./") || typed.starts_with("../");
}

std::string without_suffix(std::string_view name)
{
	if (name.size() > suffix.size() && name.ends_with(suffix))
		name.remove_suffix(suffix.size());
	return std::string(name);
}

bool is_file(const std::string &path)
{
	struct stat what{};
	return stat(path.c_str(), &what) == 0 && !S_ISDIR(what.st_mode);
}

void hide_shebang(std::string &source)
{
	constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
	if (source.starts_with(byte_order_mark))
		source.erase(0, byte_order_mark.size());
	// The line end stays, so that line numbers in messages are those of the file.
	if (source.starts_with('#'))
		source.erase(0, std::min(source.find('\n'), source.size()));
}

} // namespace

Script find_script(const std::string &typed)
{
	// The name of an installed script may have slashes: what lies where root happens to stand must not take its place.
	if (is_path(typed) || (typed.ends_with(suffix) && is_file(typed))) {
		const std::size_t slash = typed.rfind('/');
		return {without_suffix(slash == std::string::npos ? typed : typed.substr(slash + 1)), typed};
	}
	return {without_suffix(typed), std::nullopt};
}

std::string read_source(const std::string &path, int input)
{
	client::FileDescriptor file;
	if (path != "-") {
		file = client::FileDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
		if (!file && errno == ENOENT)
			throw Failure(LUNATIK_STATUS_NAME, fmt::format("there is no file {}", path),
				"a name that begins with neither / nor . is a script below /lib/modules/lua");
		if (!file)
			throw Failure(errno == EACCES ? LUNATIK_STATUS_PERMISSION : LUNATIK_STATUS_NAME,
				fmt::format("cannot open {}: {}", path, std::strerror(errno)));
		input = file.get();
	}

	std::string source;
	std::array<char, 64 * 1024> buffer;
	for (;;) {
		const ssize_t got = read(input, buffer.data(), buffer.size());
		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			throw Failure(LUNATIK_STATUS_NAME, fmt::format("cannot read {}: {}", path == "-" ? "standard input" : path,
				std::strerror(errno)));
		source.append(buffer.data(), static_cast<std::size_t>(got));
		// An endless file must not fill the memory before the kernel could refuse it.
		if (source.size() > LUNATIK_REQUEST_MAX)
			throw Failure(LUNATIK_STATUS_USAGE, fmt::format("{} is larger than a script may be ({} MiB)",
				path == "-" ? "standard input" : path, LUNATIK_REQUEST_MAX >> 20), "divide it, and require() the parts");
	}
	hide_shebang(source);
	return source;
}

} // namespace lunatik::cli
