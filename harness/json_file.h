/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON objects in files. A file is replaced as a whole, so that whoever reads it finds a complete
 * object; a pipe or device is just written. Functions return 0 or -errno, described.
 */
#ifndef HARNESS_JSON_FILE_H
#define HARNESS_JSON_FILE_H

#include <stdbool.h>

struct json_t; /* of jansson */

/* Whether writing replaces it, or is all that will ever be there. */
bool json_file_is_replaced(const char *path);
/* Makes sure that a file can be made there; leaves nothing behind. */
int json_file_try(const char *path);
int json_file_write(const char *path, const struct json_t *object);

#endif
