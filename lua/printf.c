/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The formats of string.format() and of Lua's own messages. The kernel's snprintf differs from C's in corners that
 * scripts see ("%#x" of 0, "%.0d" of 0, "%05.3d"), and its %p has a language of its own, so only the pointer itself is
 * left to it: it does not reveal addresses.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#undef snprintf
int snprintf(char *buffer, size_t size, const char *format, ...);

/* A 64-bit number in octal. */
#define DIGITS 22

struct output {
	char *buffer;
	size_t size;
	size_t length;
};

struct conversion {
	int left;
	int plus;
	int space;
	int alternate;
	int zero;
	int width;
	int precision;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->buffer[out->length] = c;
	out->length++;
}

static void pad(struct output *out, char c, int n)
{
	while (n-- > 0)
		put(out, c);
}

static void put_text(struct output *out, const struct conversion *conversion, const char *text, int length)
{
	if (!conversion->left)
		pad(out, ' ', conversion->width - length);
	for (int i = 0; i < length; i++)
		put(out, text[i]);
	if (conversion->left)
		pad(out, ' ', conversion->width - length);
}

static void put_integer(struct output *out, const struct conversion *conversion, unsigned long long value, char kind,
			int negative)
{
	const char *alphabet = kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned int base = kind == 'o' ? 8 : kind == 'x' || kind == 'X' ? 16 : 10;
	char digits[DIGITS];
	char prefix[2];
	int count = 0;
	int prefixes = 0;
	int zeros;
	int length;

	if (negative)
		prefix[prefixes++] = '-';
	else if ((kind == 'd' || kind == 'i') && (conversion->plus || conversion->space))
		prefix[prefixes++] = conversion->plus ? '+' : ' ';
	if (base == 16 && conversion->alternate && value != 0) {
		prefix[prefixes++] = '0';
		prefix[prefixes++] = kind;
	}

	for (unsigned long long rest = value; rest != 0; rest /= base)
		digits[count++] = alphabet[rest % base];

	/* At least one digit unless the precision says 0. */
	zeros = (conversion->precision < 0 ? 1 : conversion->precision) - count;
	if (base == 8 && conversion->alternate && zeros < 1)
		zeros = value != 0 || count == 0;
	if (zeros < 0)
		zeros = 0;
	length = prefixes + zeros + count;
	if (conversion->zero && !conversion->left && conversion->precision < 0 && length < conversion->width) {
		zeros += conversion->width - length;
		length = conversion->width;
	}

	if (!conversion->left)
		pad(out, ' ', conversion->width - length);
	for (int i = 0; i < prefixes; i++)
		put(out, prefix[i]);
	pad(out, '0', zeros);
	while (count > 0)
		put(out, digits[--count]);
	if (conversion->left)
		pad(out, ' ', conversion->width - length);
}

static const char *parse_number(const char *format, int *number)
{
	for (*number = 0; *format >= '0' && *format <= '9'; format++)
		*number = *number * 10 + (*format - '0');
	return format;
}

static const char *parse(const char *format, struct conversion *conversion)
{
	*conversion = (struct conversion){ .precision = -1 };
	for (;; format++) {
		if (*format == '-')
			conversion->left = 1;
		else if (*format == '+')
			conversion->plus = 1;
		else if (*format == ' ')
			conversion->space = 1;
		else if (*format == '#')
			conversion->alternate = 1;
		else if (*format == '0')
			conversion->zero = 1;
		else
			break;
	}
	format = parse_number(format, &conversion->width);
	if (*format == '.')
		format = parse_number(format + 1, &conversion->precision);
	return format;
}

static int text_length(const char *text, int precision)
{
	int n = 0;

	while ((precision < 0 || n < precision) && text[n] != '\0')
		n++;
	return n;
}

static const char *convert(struct output *out, const char *format, va_list *arguments)
{
	struct conversion conversion;
	int wide;

	format = parse(format, &conversion);
	wide = format[0] == 'l' && format[1] == 'l';
	if (wide)
		format += 2;

	switch (*format) {
	case 'd':
	case 'i': {
		long long value = wide ? va_arg(*arguments, long long) : va_arg(*arguments, int);
		unsigned long long magnitude = value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;

		put_integer(out, &conversion, magnitude, *format, value < 0);
		break;
	}
	case 'u':
	case 'o':
	case 'x':
	case 'X': {
		unsigned long long value = wide ? va_arg(*arguments, unsigned long long) :
						  va_arg(*arguments, unsigned int);

		put_integer(out, &conversion, value, *format, 0);
		break;
	}
	case 'c': {
		char c = (char)va_arg(*arguments, int);

		put_text(out, &conversion, &c, 1);
		break;
	}
	case 's': {
		const char *text = va_arg(*arguments, const char *);

		put_text(out, &conversion, text, text_length(text, conversion.precision));
		break;
	}
	case 'p': {
		char text[2 * sizeof(void *) + 8];

		snprintf(text, sizeof(text), "%p", va_arg(*arguments, void *));
		put_text(out, &conversion, text, text_length(text, -1));
		break;
	}
	default:
		lunatik_bug("a format that string.format() does not let through");
		break;
	}
	return format + 1;
}

int lunatik_snprintf(char *buffer, size_t size, const char *format, ...)
{
	struct output out = { .buffer = buffer, .size = size };
	va_list arguments;

	va_start(arguments, format);
	while (*format != '\0') {
		if (*format != '%')
			put(&out, *format++);
		else
			format = convert(&out, format + 1, &arguments);
	}
	va_end(arguments);
	if (size > 0)
		buffer[out.length < size ? out.length : size - 1] = '\0';
	return (int)out.length;
}
