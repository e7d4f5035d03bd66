/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include <doca_error.h>

#include "../../abi/error.h"
#include "doca.h"

static int errno_of(doca_error_t result)
{
	switch (result) {
	case DOCA_SUCCESS:
		return 0;
	case DOCA_ERROR_NOT_PERMITTED:
		return -EPERM;
	case DOCA_ERROR_IN_USE:
		return -EBUSY;
	case DOCA_ERROR_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case DOCA_ERROR_AGAIN:
		return -EAGAIN;
	case DOCA_ERROR_INVALID_VALUE:
	case DOCA_ERROR_BAD_CONFIG:
		return -EINVAL;
	case DOCA_ERROR_NO_MEMORY:
		return -ENOMEM;
	case DOCA_ERROR_TIME_OUT:
		return -ETIMEDOUT;
	case DOCA_ERROR_NOT_FOUND:
		return -ENODEV;
	case DOCA_ERROR_ALREADY_EXIST:
		return -EEXIST;
	case DOCA_ERROR_FULL:
	case DOCA_ERROR_TOO_BIG:
	case DOCA_ERROR_EMPTY:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

int doca_fail(struct hyp_error *error, doca_error_t result, const char *what)
{
	return hyp_fail(error, errno_of(result), "%s: %s (%s)", what, doca_error_get_descr(result),
			doca_error_get_name(result));
}
