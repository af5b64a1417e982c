// SPDX-License-Identifier: GPL-2.0-only
#include "devices/disk_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/word_list.h"

static int take_serial(struct disk_request *request, const char *serial)
{
	size_t length = strlen(serial);

	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)serial[i]))
			length = 0;
	if (!length || length > DISK_SERIAL_SIZE)
		return log_error(-EINVAL,
				 "cannot use --disk ...,serial=%s: it must be 1 to %d printable "
				 "characters without blanks",
				 serial, DISK_SERIAL_SIZE);
	strcpy(request->serial, serial);
	return 0;
}

static int take_queues(struct disk_request *request, const char *queues)
{
	unsigned long number;

	if (!word_list_number(queues, 1, DISK_QUEUES_MAX, &number))
		return log_error(-EINVAL,
				 "cannot use --disk ...,queues=%s: it must be a number from 1 to "
				 "%d",
				 queues, DISK_QUEUES_MAX);
	request->queues = number;
	return 0;
}

static int take_word(struct disk_request *request, const char *word)
{
	const char *value;

	if (strcmp(word, "ro") == 0) {
		request->readonly = true;
		return 0;
	}
	if (strcmp(word, "direct") == 0) {
		request->direct = true;
		return 0;
	}
	value = word_list_value(word, "serial");
	if (value)
		return take_serial(request, value);
	value = word_list_value(word, "queues");
	if (value)
		return take_queues(request, value);
	return log_error(-EINVAL,
			 "cannot use --disk ...,%s: there are ro, direct, serial=TEXT and "
			 "queues=N; a comma in the file's name is written twice",
			 word);
}

int disk_request_parse(const char *value, struct disk_request *request)
{
	int ret = 0;
	char *word;

	*request = (struct disk_request){ .queues = 1 };
	request->path = word_list_next(&value);
	if (!request->path)
		return log_error(-ENOMEM, "cannot read --disk: no memory");
	if (!*request->path)
		ret = log_error(-EINVAL, "cannot use --disk \"\": it must begin with the name of a "
					 "file or block device");
	while (!ret && (word = word_list_next(&value))) {
		ret = take_word(request, word);
		free(word);
	}
	if (ret < 0)
		disk_request_destroy(request);
	return ret;
}

void disk_request_destroy(struct disk_request *request)
{
	free(request->path);
	request->path = NULL;
}
