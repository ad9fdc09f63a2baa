// zlib as Swift sees it: what zlib.h has as macros, and one step of a stream as one call. Inline, so that a call from
// Swift costs what it costs from C.
#ifndef APUS_CZLIB_SHIM_H
#define APUS_CZLIB_SHIM_H

#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>

/// What a step did. `state`: 0 when more is to do, 1 when the operation (or the content, when decoding) has come to
/// its end, -1 when the content is malformed, -2 without memory.
struct apus_zlib_step {
  size_t consumed;
  size_t produced;
  int state;
};

/// A stream that encodes; `window_bits` is 15 for the zlib format and 31 for gzip. NULL without memory.
static inline z_stream *_Nullable apus_deflate_create(int level, int window_bits) {
  z_stream *stream = (z_stream *)calloc(1, sizeof *stream);
  if (!stream) return NULL;
  if (deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK) return stream;
  free(stream);
  return NULL;
}

/// Has a stream begin anew.
static inline void apus_deflate_restart(z_stream *_Nonnull stream, int level) {
  deflateReset(stream);
  deflateParams(stream, level, Z_DEFAULT_STRATEGY);
}

static inline void apus_deflate_destroy(z_stream *_Nonnull stream) {
  deflateEnd(stream);
  free(stream);
}

/// A stream that decodes; `window_bits` is 15 for the zlib format and 31 for gzip. NULL without memory.
static inline z_stream *_Nullable apus_inflate_create(int window_bits) {
  z_stream *stream = (z_stream *)calloc(1, sizeof *stream);
  if (!stream) return NULL;
  if (inflateInit2(stream, window_bits) == Z_OK) return stream;
  free(stream);
  return NULL;
}

static inline void apus_inflate_restart(z_stream *_Nonnull stream) { inflateReset(stream); }

static inline void apus_inflate_destroy(z_stream *_Nonnull stream) {
  inflateEnd(stream);
  free(stream);
}

static inline struct apus_zlib_step apus_zlib_show(z_stream *_Nonnull stream, const void *_Nullable in, size_t count,
                                                   void *_Nonnull out, size_t room) {
  // The library counts in 32 bits.
  stream->next_in = (Bytef *)in;
  stream->avail_in = count > 0x40000000 ? 0x40000000 : (uInt)count;
  stream->next_out = (Bytef *)out;
  stream->avail_out = room > 0x40000000 ? 0x40000000 : (uInt)room;
  return (struct apus_zlib_step){.consumed = stream->avail_in, .produced = stream->avail_out, .state = 0};
}

/// `operation`: 0 takes content, 1 also makes all of it readable by the peer, 2 ends it.
static inline struct apus_zlib_step apus_deflate_step(z_stream *_Nonnull stream, const void *_Nullable in, size_t count,
                                                      void *_Nonnull out, size_t room, int operation) {
  static const int flushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
  struct apus_zlib_step step = apus_zlib_show(stream, in, count, out, room);
  int is_whole = stream->avail_in == count;
  int code = deflate(stream, is_whole ? flushes[operation] : Z_NO_FLUSH);
  step.consumed -= stream->avail_in;
  step.produced -= stream->avail_out;
  if (code == Z_STREAM_ERROR)
    step.state = -1;
  else if (code == Z_STREAM_END)
    step.state = 1;
  else
    step.state = operation != 2 && is_whole && !stream->avail_in && stream->avail_out;
  return step;
}

static inline struct apus_zlib_step apus_inflate_step(z_stream *_Nonnull stream, const void *_Nullable in, size_t count,
                                                      void *_Nonnull out, size_t room) {
  struct apus_zlib_step step = apus_zlib_show(stream, in, count, out, room);
  int code = inflate(stream, Z_NO_FLUSH);
  step.consumed -= stream->avail_in;
  step.produced -= stream->avail_out;
  if (code == Z_STREAM_END)
    step.state = 1;
  else if (code == Z_MEM_ERROR)
    step.state = -2;
  else if (code != Z_OK && code != Z_BUF_ERROR)
    step.state = -1;
  return step;
}

#endif
