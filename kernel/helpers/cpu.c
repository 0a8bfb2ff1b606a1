// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* cpufeature.h */
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif
#include "helpers.h"

int lunatik_h_retpolines(void)
{
#if defined(CONFIG_X86) && (defined(CONFIG_RETPOLINE) || defined(CONFIG_MITIGATION_RETPOLINE))
	/* Without this feature the module loader has patched every retpoline of ours into a plain indirect jump. */
	return boot_cpu_has(X86_FEATURE_RETPOLINE) || boot_cpu_has(X86_FEATURE_RETPOLINE_LFENCE);
#else
	return 0;
#endif
}
