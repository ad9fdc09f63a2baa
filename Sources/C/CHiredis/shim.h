// The reader of hiredis as Swift sees it: bytes in, replies out; the sockets are ours. Inline, so that a call from Swift
// costs what it costs from C.
#ifndef APUS_CHIREDIS_SHIM_H
#define APUS_CHIREDIS_SHIM_H

#include <stddef.h>

#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#else
#include <hiredis.h>
#endif

/// What a look for a reply found: 1 a reply, which the caller frees, 0 that bytes are missing, -1 that they are no
/// replies, or that memory is out.
struct apus_redis_step {
  redisReply *_Nullable reply;
  int state;
};

static inline redisReader *_Nullable apus_redis_reader_create(void) { return redisReaderCreate(); }

static inline struct apus_redis_step apus_redis_reader_next(redisReader *_Nonnull reader) {
  void *reply = NULL;
  struct apus_redis_step step = {NULL, 0};
  if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
    step.state = -1;
  } else if (reply != NULL) {
    step.reply = (redisReply *)reply;
    step.state = 1;
  }
  return step;
}

/// The bytes that were fed and belong to no reply yet.
static inline size_t apus_redis_reader_pending(const redisReader *_Nonnull reader) { return reader->len - reader->pos; }
static inline const char *_Nonnull apus_redis_reader_error(const redisReader *_Nonnull reader) { return reader->errstr; }
static inline size_t apus_redis_reply_length(const redisReply *_Nonnull reply) { return (size_t)reply->len; }

#endif
