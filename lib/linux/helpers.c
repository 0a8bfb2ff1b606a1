// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <asm/byteorder.h>
#include "lunatik/module.h"
#include "helpers.h"

#define STAT(name) { #name, S_##name }
const struct lunatik_constant lunatik_linux_stat[] = {
	STAT(IRWXUGO), STAT(IALLUGO), STAT(IRUGO), STAT(IWUGO), STAT(IXUGO),
	STAT(IRWXU), STAT(IRUSR), STAT(IWUSR), STAT(IXUSR),
	STAT(IRWXG), STAT(IRGRP), STAT(IWGRP), STAT(IXGRP),
	STAT(IRWXO), STAT(IROTH), STAT(IWOTH), STAT(IXOTH),
	STAT(ISUID), STAT(ISGID), STAT(ISVTX),
	{ NULL, 0 },
};

#define TASK(name) { #name, TASK_##name }
const struct lunatik_constant lunatik_linux_task[] = {
	TASK(RUNNING), TASK(INTERRUPTIBLE), TASK(UNINTERRUPTIBLE), TASK(KILLABLE), TASK(IDLE),
	{ NULL, 0 },
};

#define ERRNO(name) { #name, E##name }
const struct lunatik_constant lunatik_linux_errno[] = {
	ERRNO(PERM), ERRNO(NOENT), ERRNO(SRCH), ERRNO(INTR), ERRNO(IO), ERRNO(NXIO), { "2BIG", E2BIG }, ERRNO(NOEXEC),
	ERRNO(BADF), ERRNO(CHILD), ERRNO(AGAIN), ERRNO(NOMEM), ERRNO(ACCES), ERRNO(FAULT), ERRNO(NOTBLK), ERRNO(BUSY),
	ERRNO(EXIST), ERRNO(XDEV), ERRNO(NODEV), ERRNO(NOTDIR), ERRNO(ISDIR), ERRNO(INVAL), ERRNO(NFILE), ERRNO(MFILE),
	ERRNO(NOTTY), ERRNO(TXTBSY), ERRNO(FBIG), ERRNO(NOSPC), ERRNO(SPIPE), ERRNO(ROFS), ERRNO(MLINK), ERRNO(PIPE),
	ERRNO(DOM), ERRNO(RANGE),
	{ NULL, 0 },
};

unsigned int lunatik_h_task_interruptible(void)
{
	return TASK_INTERRUPTIBLE;
}

/* Byte order: only the bits move, so the kernel's restricted types are cast away. */
unsigned short lunatik_h_cpu_to_be16(unsigned short value)
{
	return (__force unsigned short)cpu_to_be16(value);
}

unsigned int lunatik_h_cpu_to_be32(unsigned int value)
{
	return (__force unsigned int)cpu_to_be32(value);
}

unsigned long long lunatik_h_cpu_to_be64(unsigned long long value)
{
	return (__force unsigned long long)cpu_to_be64(value);
}

unsigned short lunatik_h_cpu_to_le16(unsigned short value)
{
	return (__force unsigned short)cpu_to_le16(value);
}

unsigned int lunatik_h_cpu_to_le32(unsigned int value)
{
	return (__force unsigned int)cpu_to_le32(value);
}

unsigned long long lunatik_h_cpu_to_le64(unsigned long long value)
{
	return (__force unsigned long long)cpu_to_le64(value);
}

LUNATIK_MODULE(linux, "Lua library: facilities of the kernel itself");
