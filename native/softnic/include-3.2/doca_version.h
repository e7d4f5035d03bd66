/* SPDX-License-Identifier: Apache-2.0 */
/* DOCA 3.2, the release with long-term support, as far as it is spelt differently: see doca_flow.h here. */
#ifndef SOFTNIC_3_2_DOCA_VERSION_H
#define SOFTNIC_3_2_DOCA_VERSION_H

#include_next <doca_version.h>

#undef DOCA_VERSION_MINOR
#undef DOCA_VERSION_STRING
#define DOCA_VERSION_MINOR 2
#define DOCA_VERSION_STRING "3.2.0"

#endif
