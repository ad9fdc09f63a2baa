// Brotli as Swift sees it: one step of a stream as one call. Inline, so that a call from Swift costs what it costs
// from C.
#ifndef APUS_CBROTLI_SHIM_H
#define APUS_CBROTLI_SHIM_H

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stddef.h>
#include <stdint.h>

/// What a step did. `state`: 0 when more is to do, 1 when the operation (or the content, when decoding) has come to
/// its end, -1 when the content is malformed, -2 without memory.
struct apus_brotli_step {
  size_t consumed;
  size_t produced;
  int state;
};

/// Sets an encoder up before its first byte; `size` is the content's in bytes, 0 for unknown.
static inline void apus_brotli_set(BrotliEncoderState *_Nonnull state, unsigned quality, unsigned window_bits,
                                   size_t size) {
  BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, quality);
  BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, window_bits);
  BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, size > UINT32_MAX ? UINT32_MAX : (uint32_t)size);
}

/// `operation`: 0 takes content, 1 also makes all of it readable by the peer, 2 ends it.
static inline struct apus_brotli_step apus_brotli_encode(BrotliEncoderState *_Nonnull state, const void *_Nullable in,
                                                         size_t count, void *_Nonnull out, size_t room, int operation) {
  static const BrotliEncoderOperation operations[] = {BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH,
                                                      BROTLI_OPERATION_FINISH};
  const uint8_t *next_in = (const uint8_t *)in;
  uint8_t *next_out = (uint8_t *)out;
  struct apus_brotli_step step = {.consumed = count, .produced = room, .state = 0};
  if (!BrotliEncoderCompressStream(state, operations[operation], &count, &next_in, &room, &next_out, NULL)) {
    step.state = -2;
  } else if (operation == 2) {
    step.state = BrotliEncoderIsFinished(state);
  } else {
    step.state = !count && !BrotliEncoderHasMoreOutput(state);
  }
  step.consumed -= count;
  step.produced -= room;
  return step;
}

static inline struct apus_brotli_step apus_brotli_decode(BrotliDecoderState *_Nonnull state, const void *_Nullable in,
                                                         size_t count, void *_Nonnull out, size_t room) {
  const uint8_t *next_in = (const uint8_t *)in;
  uint8_t *next_out = (uint8_t *)out;
  struct apus_brotli_step step = {.consumed = count, .produced = room, .state = 0};
  BrotliDecoderResult result = BrotliDecoderDecompressStream(state, &count, &next_in, &room, &next_out, NULL);
  step.consumed -= count;
  step.produced -= room;
  if (result == BROTLI_DECODER_RESULT_SUCCESS) {
    step.state = 1;
  } else if (result == BROTLI_DECODER_RESULT_ERROR) {
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);
    step.state = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
                     ? -2
                     : -1;
  }
  return step;
}

#endif
