// Zstandard as Swift sees it: one step of a stream as one call. Inline, so that a call from Swift costs what it costs
// from C.
#ifndef APUS_CZSTD_SHIM_H
#define APUS_CZSTD_SHIM_H

#include <stddef.h>
#include <zstd.h>
#include <zstd_errors.h>

/// What a step did. `state`: 0 when more is to do, 1 when the operation (or a frame, when decoding) has come to its
/// end, -1 when the content is malformed, -2 without memory, -3 when it wants a larger window than is allowed.
struct apus_zstd_step {
  size_t consumed;
  size_t produced;
  int state;
};

/// Has an encoder begin anew. `window_bits` 0 is the level's choice; `size` is the content's in bytes, -1 for unknown.
static inline void apus_zstd_restart(ZSTD_CCtx *_Nonnull context, int level, int window_bits, long long size) {
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_bits);
  ZSTD_CCtx_setPledgedSrcSize(context, size < 0 ? ZSTD_CONTENTSIZE_UNKNOWN : (unsigned long long)size);
}

static inline int apus_zstd_state(size_t code) {
  switch (ZSTD_getErrorCode(code)) {
  case ZSTD_error_no_error: return code == 0;
  case ZSTD_error_memory_allocation: return -2;
  case ZSTD_error_frameParameter_windowTooLarge: return -3;
  default: return -1;
  }
}

/// `operation`: 0 takes content, 1 also makes all of it readable by the peer, 2 ends it.
static inline struct apus_zstd_step apus_zstd_encode(ZSTD_CCtx *_Nonnull context, const void *_Nullable in,
                                                     size_t count, void *_Nonnull out, size_t room, int operation) {
  static const ZSTD_EndDirective directives[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
  ZSTD_inBuffer input = {in, count, 0};
  ZSTD_outBuffer output = {out, room, 0};
  size_t code;
  // Without a flush one call may take only a part of the content although there is room.
  do code = ZSTD_compressStream2(context, &output, &input, directives[operation]);
  while (operation == 0 && !ZSTD_isError(code) && input.pos < count && output.pos < room);
  struct apus_zstd_step step = {.consumed = input.pos, .produced = output.pos, .state = apus_zstd_state(code)};
  // What the library holds back is its own affair until a flush.
  if (operation == 0 && step.state >= 0) step.state = input.pos == count && output.pos < room;
  return step;
}

/// Has a decoder begin anew, which refuses windows of more than 2^`window_bits` bytes.
static inline void apus_zstd_restart_decoder(ZSTD_DCtx *_Nonnull context, int window_bits) {
  ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_bits);
}

static inline struct apus_zstd_step apus_zstd_decode(ZSTD_DCtx *_Nonnull context, const void *_Nullable in,
                                                     size_t count, void *_Nonnull out, size_t room) {
  ZSTD_inBuffer input = {in, count, 0};
  ZSTD_outBuffer output = {out, room, 0};
  size_t code = ZSTD_decompressStream(context, &output, &input);
  return (struct apus_zstd_step){.consumed = input.pos, .produced = output.pos, .state = apus_zstd_state(code)};
}

#endif
