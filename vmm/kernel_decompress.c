// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_decompress.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

/* A decoder that stores straight into its output, without a window of its own (128 MiB for
 * `zstd -22 --ultra`), is behind this. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/log.h"

#define INPUT_SIZE  (UINT64_C(256) << 10)
#define OUTPUT_STEP (UINT64_C(512) << 10)
/* What zstd may store at once: a block of equal bytes has up to 2^21 of them, whatever the format's
 * limit for others (128 KiB) is; and room for wild copies. */
#define ZSTD_OUTPUT_STEP ((UINT64_C(2) << 20) + OUTPUT_STEP)

/* The compressed bytes, a buffer's worth at a time. */
struct input {
	const struct kernel_source *source;
	uint64_t offset, end; /* of what has not been read yet */
	uint8_t *buffer;      /* INPUT_SIZE */
	size_t filled;
};

static void *map_memory(size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* What the libraries allocate knows its length: it is kept in front. */
static void *library_alloc(void *opaque, size_t size)
{
	size_t *map;

	(void)opaque;
	if (__builtin_add_overflow(size, 64, &size))
		return NULL;
	map = map_memory(size);
	if (!map)
		return NULL;
	*map = size;
	return (char *)map + 64;
}

static void library_free(void *opaque, void *address)
{
	size_t *map = (size_t *)((char *)address - 64);

	(void)opaque;
	if (address)
		munmap(map, *map);
}

static void *zlib_alloc(void *opaque, unsigned items, unsigned size)
{
	return library_alloc(opaque, (size_t)items * size);
}

/* Fills the buffer afresh; at the end of the input, `filled` is 0. */
static int refill(struct input *input)
{
	uint64_t length = input->end - input->offset;
	int error;

	input->filled = length < INPUT_SIZE ? length : INPUT_SIZE;
	error = kernel_source_read(input->source, "compressed data", input->offset, input->buffer,
				   input->filled);
	input->offset += input->filled;
	return error;
}

static int corrupt(const struct input *input, const char *library, const char *why)
{
	return kernel_source_refuse(input->source,
				    "its %s data is corrupt (%s): fetch, build or copy it again",
				    library, why);
}

static int truncated(const struct input *input, const char *library)
{
	return kernel_source_refuse(
		input->source, "its %s data is truncated: fetch, build or copy it again", library);
}

static int too_large(const struct input *input)
{
	const struct sealed_request *request = input->source->request;

	return log_error(
		-EFBIG, "cannot boot kernel '%s': it decompresses to more than %" PRIu64 " MiB: %s",
		request->path, request->limit >> 20, request->limit_reason);
}

static int out_of_memory(const struct input *input)
{
	return log_error(-ENOMEM, "cannot decompress kernel '%s': out of memory: free some memory",
			 input->source->request->path);
}

static void warn_of_garbage(const struct input *input)
{
	log_warn("kernel '%s': what follows the compressed data is ignored",
		 input->source->request->path);
}

/*
 * Looks at what is behind a gzip member: 1 for another one, 0 for nothing more to do, or -errno.
 */
static int gzip_next_member(struct input *input, z_stream *stream)
{
	bool first = true;
	int error;

	for (;;) {
		if (!stream->avail_in) {
			error = refill(input);
			if (error)
				return error;
			if (!input->filled)
				return 0;
			stream->next_in = input->buffer;
			stream->avail_in = input->filled;
		}
		if (first && *stream->next_in == 0x1f)
			return 1;
		if (*stream->next_in) {
			warn_of_garbage(input);
			return 0;
		}
		first = false;
		stream->next_in++;
		stream->avail_in--;
	}
}

static int gunzip(struct input *input, struct sealed_writer *output)
{
	z_stream stream = { .zalloc = zlib_alloc, .zfree = library_free };
	int status, error;

	if (inflateInit2(&stream, 15 + 16) != Z_OK)
		return out_of_memory(input);
	for (;;) {
		error = stream.avail_in ? 0 : refill(input);
		if (error)
			break;
		if (!stream.avail_in) {
			stream.next_in = input->buffer;
			stream.avail_in = input->filled;
		}
		error = sealed_writer_reserve(output, OUTPUT_STEP);
		if (error)
			break;
		stream.next_out = output->map + output->size;
		stream.avail_out = output->backed - output->size;
		status = inflate(&stream, Z_NO_FLUSH);
		output->size = stream.next_out - output->map;
		if (output->size > output->request->limit)
			error = too_large(input);
		else if (status == Z_BUF_ERROR)
			error = truncated(input, "gzip");
		else if (status == Z_MEM_ERROR)
			error = out_of_memory(input);
		else if (status == Z_STREAM_END)
			error = gzip_next_member(input, &stream);
		else if (status != Z_OK)
			error = corrupt(input, "gzip", stream.msg ? stream.msg : "bad data");
		if (error < 0 || (status == Z_STREAM_END && !error))
			break;
		if (error > 0)
			inflateReset(&stream);
	}
	inflateEnd(&stream);
	return error;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/*
 * What to make of the decoder's error about the input from `start` on; 0 if it only means that the
 * last frame is behind us.
 */
static int zstd_failed(struct input *input, size_t start, size_t status, bool framed)
{
	switch (ZSTD_getErrorCode(status)) {
	case ZSTD_error_dstSize_tooSmall:
		return too_large(input);
	case ZSTD_error_memory_allocation:
		return out_of_memory(input);
	case ZSTD_error_prefix_unknown:
		if (!framed)
			break;
		if (input->offset < input->end ||
		    !all_zero(input->buffer + start, input->filled - start))
			warn_of_garbage(input);
		return 0;
	default:
		break;
	}
	return corrupt(input, "zstd", ZSTD_getErrorName(status));
}

static int unzstd_with(ZSTD_DCtx *decoder, struct input *input, struct sealed_writer *output)
{
	ZSTD_inBuffer in = { .src = input->buffer };
	ZSTD_outBuffer out = { 0 };
	size_t hint = ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1), start, status;
	bool framed = false, between = false;
	int error;

	ZSTD_DCtx_setParameter(decoder, ZSTD_d_stableOutBuffer, 1);
	ZSTD_DCtx_setParameter(decoder, ZSTD_d_windowLogMax, ZSTD_WINDOWLOG_MAX);
	for (;;) {
		if (in.pos == input->filled) {
			error = refill(input);
			if (error)
				return error;
			if (!input->filled)
				return between ? 0 : truncated(input, "zstd");
			in.pos = 0;
		}
		error = sealed_writer_reserve(output, ZSTD_OUTPUT_STEP);
		if (error)
			return error;
		out.dst = output->map;
		out.size = output->capacity;
		/* No more than the decoder asks for, so that it makes no more than a block or two
		 * of output at once: that much has memory. */
		in.size = hint < input->filled - in.pos ? in.pos + hint : input->filled;
		start = in.pos;
		status = ZSTD_decompressStream(decoder, &out, &in);
		if (ZSTD_isError(status))
			return zstd_failed(input, start, status, framed);
		output->size = out.pos;
		if (output->size > output->request->limit)
			return too_large(input);
		between = status == 0;
		framed |= between;
		hint = between ? ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1) : status;
	}
}

static int unzstd(struct input *input, struct sealed_writer *output)
{
	ZSTD_customMem memory = { .customAlloc = library_alloc, .customFree = library_free };
	ZSTD_DCtx *decoder = ZSTD_createDCtx_advanced(memory);
	int error;

	if (!decoder)
		return out_of_memory(input);
	error = unzstd_with(decoder, input, output);
	ZSTD_freeDCtx(decoder);
	return error;
}

int kernel_decompress(const struct kernel_source *source, enum kernel_compression compression,
		      uint64_t offset, uint64_t length, struct sealed_file *output)
{
	struct input input = { .source = source, .offset = offset, .end = offset + length };
	struct sealed_writer writer;
	int error;

	error = sealed_writer_begin(&writer, source->request);
	if (error)
		return error;
	input.buffer = map_memory(INPUT_SIZE);
	if (!input.buffer)
		error = out_of_memory(&input);
	else if (compression == KERNEL_COMPRESSION_GZIP)
		error = gunzip(&input, &writer);
	else
		error = unzstd(&input, &writer);
	if (input.buffer)
		munmap(input.buffer, INPUT_SIZE);
	if (error) {
		sealed_writer_abandon(&writer);
		return error;
	}
	return sealed_writer_finish(&writer, output);
}
