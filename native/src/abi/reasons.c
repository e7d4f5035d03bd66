/* SPDX-License-Identifier: Apache-2.0 */
#include <hyperion/dataplane.h>

const char *hyp_reasons(void)
{
#define NAME_ROW(name) #name "\n"
	return HYP_REASONS(NAME_ROW);
#undef NAME_ROW
}
